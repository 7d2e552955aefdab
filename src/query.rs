//! The query as dashboards save it, and as the two official data sources saved it.

/// One panel query.
#[derive(Debug, Clone)]
pub struct Query {}

impl Query {
    /// Reads a query from the JSON that Grafana sends.
    ///
    /// # Errors
    ///
    /// Names the field that is wrong and what is allowed.
    pub fn from_json(_json: &[u8]) -> crate::error::Result<Self> {
        unimplemented!()
    }
}
