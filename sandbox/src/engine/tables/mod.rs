//! The tables of both services: what each is called, what columns it has, and what of the history fills them.

mod activity;
mod contact_records;

use std::sync::Arc;

use super::Service;
use super::provider::Table;

/// The one database of both services.
pub const DATABASE: &str = "connect";
/// Athena's one catalog.
pub const CATALOG: &str = "AwsDataCatalog";

/// A view of Athena's: a name and the statement that it stands for.
///
/// The view's rows come from a table of the same name, which has them without sorting all deliveries for each statement;
/// a test holds the two against each other.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// Its statement; `{columns}` stands for its columns.
    pub statement: &'static str,
}

/// Athena's views.
pub const VIEWS: [View; 1] = [View {
    name: "contact_latest",
    statement: "SELECT {columns} FROM (SELECT *, row_number() OVER (PARTITION BY contactid \
                ORDER BY lastupdatetimestamp DESC) AS delivery_rank FROM connect.contact_records) WHERE delivery_rank = 1",
}];

/// The tables of a service.
#[must_use]
pub fn tables(service: Service) -> Vec<Arc<dyn Table>> {
    match service {
        Service::Timestream => vec![
            Arc::new(contact_records::timestream()),
            Arc::new(activity::timestream_contact_events()),
            Arc::new(activity::timestream_agent_events()),
            Arc::new(activity::timestream_queue_metrics()),
        ],
        Service::Athena => vec![
            Arc::new(contact_records::athena()),
            Arc::new(contact_records::athena_latest()),
            Arc::new(activity::athena_contact_events()),
            Arc::new(activity::athena_agent_events()),
        ],
    }
}
