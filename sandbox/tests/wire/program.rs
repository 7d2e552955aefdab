//! The program: what it says when it is ready, and when it stops.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

fn spawn(arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox"))
        .args(["--empty", "--port", "0"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn exits(mut child: Child) -> Option<i32> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("the sandbox does not stop");
}

#[test]
fn it_says_where_it_listens_and_stops_on_signals() {
    for signal in ["TERM", "INT"] {
        let (child, ready) = spawn(&[]);
        assert_eq!(ready["ready"], true);
        let endpoint = ready["endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with("http://127.0.0.1:"), "{endpoint}");
        std::net::TcpStream::connect(endpoint.trim_start_matches("http://")).unwrap();
        let killed = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap();
        assert!(killed.success());
        assert_eq!(exits(child), Some(0), "{signal}");
    }
}

#[test]
fn it_does_not_outlive_its_parent_when_told_so() {
    let (mut child, _) = spawn(&["--exit-with-parent"]);
    drop(child.stdin.take());
    assert_eq!(exits(child), Some(0));
}

#[test]
fn it_listens_on_loopback_only() {
    let output = Command::new(env!("CARGO_BIN_EXE_sandbox")).args(["--empty", "--host", "0.0.0.0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("127.0.0.1 only"));
}
