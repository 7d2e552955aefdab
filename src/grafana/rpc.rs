//! A gRPC service from a handler and a path: what tonic's generated servers do, for messages that are our own.
//!
//! Every call is counted for [`Shutdown`], and a panic in a handler answers that call alone with `INTERNAL`.

#![expect(clippy::result_large_err, reason = "tonic's traits take its Status as it is")]

use std::{
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures::FutureExt;
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::BoxBody,
    codec::ProstCodec,
    codegen::{Body, BoxFuture, Service as TowerService, StdError, http},
    server::{Grpc, NamedService, ServerStreamingService, UnaryService},
};

use super::shutdown::Shutdown;

/// The largest request that is read; Grafana's own default is a quarter of it.
pub const MAX_REQUEST_BYTES: usize = 64 << 20;

/// The body of an HTTP request as the transport hands it over.
pub trait RequestBody: Body<Error: Into<StdError> + Send> + Send + 'static {}

impl<B: Body<Error: Into<StdError> + Send> + Send + 'static> RequestBody for B {}

/// The answer to one call, on its way to the transport.
pub type Reply = Pin<Box<dyn Future<Output = http::Response<BoxBody>> + Send>>;

/// What a service does, method by method.
pub trait Methods: Send + Sync + 'static {
    /// The service's full name, package included.
    const SERVICE: &'static str;

    /// Answers one method by its name; [`unimplemented`] for those it does not have.
    fn call<B: RequestBody>(self: Arc<Self>, method: &str, request: http::Request<B>) -> Reply;
}

/// A service to register with a [`tonic::transport::Server`].
#[derive(Debug)]
pub struct Service<M>(Arc<M>);

impl<M> Service<M> {
    /// Serves `methods`.
    pub fn new(methods: M) -> Self {
        Self(Arc::new(methods))
    }
}

impl<M> Clone for Service<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M: Methods> NamedService for Service<M> {
    const NAME: &'static str = M::SERVICE;
}

impl<M: Methods, B: RequestBody> TowerService<http::Request<B>> for Service<M> {
    type Response = http::Response<BoxBody>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        Arc::clone(&self.0).call(&method, request).map(Ok).boxed()
    }
}

/// Answers one message with one.
pub fn unary<Q, A, B, H, F>(shutdown: &Shutdown, request: http::Request<B>, handler: H) -> Reply
where
    Q: Message + Default + 'static,
    A: Message + 'static,
    B: RequestBody,
    H: FnOnce(Q) -> F + Send + 'static,
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    let method = Handler { shutdown: shutdown.clone(), handler: Some(handler) };
    async move { grpc::<Q, A>().unary(Unary(method), request).await }.boxed()
}

/// Answers one message with a stream of exactly one.
pub fn stream_of_one<Q, A, B, H, F>(shutdown: &Shutdown, request: http::Request<B>, handler: H) -> Reply
where
    Q: Message + Default + 'static,
    A: Message + 'static,
    B: RequestBody,
    H: FnOnce(Q) -> F + Send + 'static,
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    let method = Handler { shutdown: shutdown.clone(), handler: Some(handler) };
    async move { grpc::<Q, A>().server_streaming(StreamOfOne(method), request).await }.boxed()
}

/// Answers that there is no such method.
#[must_use]
pub fn unimplemented() -> Reply {
    std::future::ready(Status::unimplemented("").into_http()).boxed()
}

fn grpc<Q, A>() -> Grpc<ProstCodec<A, Q>>
where
    Q: Message + Default + 'static,
    A: Message + 'static,
{
    // Nothing limits what is sent: frames are as large as the row limit lets them be.
    Grpc::new(ProstCodec::default()).max_decoding_message_size(MAX_REQUEST_BYTES)
}

/// A handler for one call.
struct Handler<H> {
    shutdown: Shutdown,
    handler: Option<H>,
}

impl<H> Handler<H> {
    fn handle<Q, A, F>(&mut self, request: Request<Q>) -> BoxFuture<A, Status>
    where
        Q: Send + 'static,
        A: Send + 'static,
        H: FnOnce(Q) -> F + Send + 'static,
        F: Future<Output = Result<A, Status>> + Send + 'static,
    {
        let shutdown = self.shutdown.clone();
        let handler = self.handler.take();
        async move {
            let handler = handler.ok_or_else(|| Status::internal("A handler answers one call."))?;
            let answer = AssertUnwindSafe(async move { handler(request.into_inner()).await }).catch_unwind();
            let contained = answer.map(|outcome| {
                outcome.unwrap_or_else(|_| Err(Status::internal("The plugin panicked; its log says where.")))
            });
            shutdown.track(contained).await
        }
        .boxed()
    }
}

struct Unary<H>(Handler<H>);

impl<Q, A, H, F> UnaryService<Q> for Unary<H>
where
    Q: Send + 'static,
    A: Send + 'static,
    H: FnOnce(Q) -> F + Send + 'static,
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    type Response = A;
    type Future = BoxFuture<Response<A>, Status>;

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        self.0.handle(request).map(|answer| answer.map(Response::new)).boxed()
    }
}

struct StreamOfOne<H>(Handler<H>);

impl<Q, A, H, F> ServerStreamingService<Q> for StreamOfOne<H>
where
    Q: Send + 'static,
    A: Send + 'static,
    H: FnOnce(Q) -> F + Send + 'static,
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    type Response = A;
    type ResponseStream = tokio_stream::Once<Result<A, Status>>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        self.0.handle(request).map(|answer| answer.map(|one| Response::new(tokio_stream::once(Ok(one))))).boxed()
    }
}
