//! A loopback HTTP server that answers as a test tells it, and remembers what it was asked.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// One request, as far as AWS's protocols use it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The operation: the end of `X-Amz-Target`, or the form's `Action`.
    pub(crate) operation: String,
    /// The `Authorization` header.
    pub(crate) authorization: String,
    /// The body.
    pub(crate) body: String,
}

impl Request {
    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    body: String,
    delay: Duration,
}

impl Reply {
    /// An answer at once.
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), delay: Duration::ZERO }
    }

    /// Success with JSON.
    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// An error in the manner of AWS's JSON protocols.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::new(status, serde_json::json!({"__type": code, "Message": message}).to_string())
    }

    /// The same, later.
    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// No answer: the connection is cut.
    pub(crate) fn cut() -> Self {
        Self::new(0, "")
    }
}

/// The server; it ends with the runtime of the test.
pub(crate) struct TestServer {
    /// Its URL, without a path.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl TestServer {
    /// Starts to answer by `answer`.
    pub(crate) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read(&mut stream).await {
                        seen.lock().expect("requests").push(request.clone());
                        let reply = answer(&request);
                        tokio::time::sleep(reply.delay).await;
                        if reply.status == 0 || write(&mut stream, &reply).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("requests").clone()
    }

    /// The operations it was asked so far.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.operation).collect()
    }

    /// Waits until it has been asked for `operation`, at most five seconds.
    pub(crate) async fn asked_for(&self, operation: &str) -> bool {
        for _ in 0..500 {
            if self.operations().iter().any(|asked| asked == operation) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut request = Request { operation: String::new(), authorization: String::new(), body: String::new() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "x-amz-target" => request.operation = value.rsplit('.').next()?.to_owned(),
                "authorization" => value.clone_into(&mut request.authorization),
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    request.body = String::from_utf8(body).ok()?;
    if let Some(action) = request.body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        request.operation = action.to_owned();
    }
    Some(request)
}

async fn write(stream: &mut BufReader<TcpStream>, reply: &Reply) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {} Answer\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
        reply.status,
        reply.body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(reply.body.as_bytes()).await
}
