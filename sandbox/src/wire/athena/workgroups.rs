//! The workgroups: `primary` leaves everything to the client, `connect` enforces its own output location, `managed`
//! keeps results in Athena.

use serde_json::{Value, json};

use super::{invalid, list_body, list_page, required};
use crate::wire::{aws_error::AwsError, dispatch::Incoming};

/// 2025-01-01: when everything here was set up.
pub(super) const CREATED: f64 = 1_735_689_600.0;

/// A workgroup's settings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WorkGroup {
    pub(super) name: &'static str,
    description: &'static str,
    /// Whether what the client asks for is ignored.
    pub(super) enforced: bool,
    pub(super) output_location: Option<&'static str>,
    /// Results stay in Athena: no file, no reuse.
    pub(super) managed: bool,
}

static WORKGROUPS: [WorkGroup; 3] = [
    WorkGroup { name: "primary", description: "", enforced: false, output_location: None, managed: false },
    WorkGroup {
        name: "connect",
        description: "Contact centre analytics",
        enforced: true,
        output_location: Some("s3://sandbox-athena-results/connect/"),
        managed: false,
    },
    WorkGroup {
        name: "managed",
        description: "Results kept by Athena",
        enforced: true,
        output_location: None,
        managed: true,
    },
];

/// The workgroup of this name.
pub(super) fn find(name: &str) -> Result<&'static WorkGroup, AwsError> {
    WORKGROUPS
        .iter()
        .find(|workgroup| workgroup.name == name)
        .ok_or_else(|| invalid(format!("WorkGroup {name} is not found.")))
}

/// The engine behind all of them.
pub(super) fn engine_version() -> Value {
    json!({"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"})
}

/// GetWorkGroup.
pub(super) fn get(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    let workgroup = find(&required::<String>(incoming, "WorkGroup")?)?;
    let result_configuration = match workgroup.output_location {
        Some(location) => json!({"OutputLocation": location}),
        None => json!({}),
    };
    Ok(json!({"WorkGroup": {
        "Name": workgroup.name,
        "State": "ENABLED",
        "Description": workgroup.description,
        "CreationTime": CREATED,
        "Configuration": {
            "ResultConfiguration": result_configuration,
            "ManagedQueryResultsConfiguration": {"Enabled": workgroup.managed},
            "EnforceWorkGroupConfiguration": workgroup.enforced,
            "PublishCloudWatchMetricsEnabled": false,
            "RequesterPaysEnabled": false,
            "EngineVersion": engine_version(),
        },
    }}))
}

/// ListWorkGroups.
pub(super) fn list(incoming: Incoming<'_>) -> Result<Value, AwsError> {
    let workgroups: Vec<Value> = WORKGROUPS
        .iter()
        .map(|workgroup| {
            json!({
                "Name": workgroup.name,
                "State": "ENABLED",
                "Description": workgroup.description,
                "CreationTime": CREATED,
                "EngineVersion": engine_version(),
            })
        })
        .collect();
    Ok(list_body("WorkGroups", list_page(incoming, &workgroups)?))
}
