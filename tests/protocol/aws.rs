//! An AWS that answers every call with the same error after a while, or never: enough to keep a query in flight.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What [`start`]ed AWS says about every statement.
pub const REFUSAL: &str = "The statement is refused, as the test wants it.";

/// Listens on a port of the loopback interface. `after`: when to answer; `None` is never. Returns a URL.
pub async fn start(after: Option<Duration>) -> String {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, after));
        }
    });
    format!("http://{address}")
}

async fn answer(mut stream: TcpStream, after: Option<Duration>) -> std::io::Result<()> {
    let mut received = Vec::new();
    loop {
        let read = stream.read_buf(&mut received).await?;
        if read == 0 {
            return Ok(());
        }
        let Some(request) = whole_request(&received) else { continue };
        received.drain(..request);
        match after {
            None => std::future::pending().await,
            Some(after) => tokio::time::sleep(after).await,
        }
        let body = serde_json::json!({"__type": "ValidationException", "message": REFUSAL}).to_string();
        let head = format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
    }
}

/// Length of the request at the start of `bytes`, once all of it is there.
fn whole_request(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok()).unwrap_or(0);
    (bytes.len() >= end + length).then_some(end + length)
}
