//! What a workgroup decides over our heads: where results go, whether they may be reused, and whether it runs at all.

use std::time::Duration;

use aws_sdk_athena::types::{WorkGroup, WorkGroupState};

use super::service::SharedService;
use crate::{
    engine::cached::Cached,
    error::{Error, ErrorKind, Result},
};

/// How long facts are believed.
const LIFETIME: Duration = Duration::from_mins(5);
/// The first engine that reuses results.
const REUSE_SINCE: u32 = 3;

/// What GetWorkGroup says, or what to do without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Workgroup {
    /// It is known.
    Known(Facts),
    /// The role may not ask. Athena runs queries all the same.
    Hidden,
}

/// What is known of a workgroup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Whether queries may run in it.
    pub(super) enabled: bool,
    /// It overrides what a client asks for.
    pub(super) enforced: bool,
    /// Where it puts results.
    pub(super) output_location: Option<String>,
    /// Athena keeps the results itself.
    pub(super) managed_results: bool,
    /// The engine in use, such as `Athena engine version 3`.
    pub(super) engine_version: Option<String>,
    /// Bytes after which it cancels a query.
    pub(super) bytes_cutoff: Option<i64>,
}

impl Facts {
    fn read(workgroup: &WorkGroup) -> Self {
        let enabled = workgroup.state() != Some(&WorkGroupState::Disabled);
        let Some(configuration) = workgroup.configuration() else { return Self { enabled, ..Self::default() } };
        let version = configuration.engine_version();
        Self {
            enabled,
            enforced: configuration.enforce_work_group_configuration().unwrap_or(false),
            output_location: configuration
                .result_configuration()
                .and_then(|results| results.output_location())
                .filter(|location| !location.is_empty())
                .map(str::to_owned),
            managed_results: configuration.managed_query_results_configuration().is_some_and(|managed| managed.enabled),
            engine_version: version
                .and_then(|version| version.effective_engine_version().or_else(|| version.selected_engine_version()))
                .map(str::to_owned),
            bytes_cutoff: configuration.bytes_scanned_cutoff_per_query(),
        }
    }

    /// Whether its engine is for Spark notebooks and runs no SQL.
    fn is_spark(&self) -> bool {
        self.engine_version.as_deref().is_some_and(|version| version.to_ascii_lowercase().contains("spark"))
    }
}

impl Workgroup {
    /// Whether the client should say where results go. Not where the workgroup does: that would switch reuse off.
    pub(super) fn wants_output_location(&self) -> bool {
        match self {
            Self::Known(facts) => !facts.enforced && !facts.managed_results && facts.output_location.is_none(),
            Self::Hidden => true,
        }
    }

    /// Whether an earlier result may be asked for.
    pub(super) fn reuses_results(&self) -> bool {
        match self {
            Self::Known(facts) => {
                let version = facts.engine_version.as_deref().and_then(version_number);
                !facts.managed_results && version.is_none_or(|version| version >= REUSE_SINCE)
            }
            Self::Hidden => true,
        }
    }

    /// The engine in use, where it is known.
    pub(super) fn engine_version(&self) -> Option<String> {
        match self {
            Self::Known(facts) => facts.engine_version.clone(),
            Self::Hidden => None,
        }
    }
}

/// `Athena engine version 3` -> 3; `AUTO` has none.
fn version_number(version: &str) -> Option<u32> {
    version.rsplit(' ').next()?.parse().ok()
}

/// The facts of workgroups, kept for a while.
#[derive(Debug)]
pub(super) struct Workgroups {
    service: SharedService,
    facts: Cached<String, Workgroup>,
}

impl Workgroups {
    /// Knows nothing yet.
    pub(super) fn new(service: SharedService) -> Self {
        Self { service, facts: Cached::new(LIFETIME) }
    }

    /// A workgroup that SQL can run in.
    ///
    /// # Errors
    ///
    /// When it does not exist, is switched off, is for Spark, or cannot be asked about for another reason than that the role
    /// may not.
    pub(super) async fn get(&self, name: &str) -> Result<Workgroup> {
        let workgroup = self.facts.get(name.to_owned(), || self.load(name)).await?;
        let region = self.service.region();
        match &workgroup {
            Workgroup::Known(facts) if !facts.enabled => Err(Error::bad_settings(format!(
                "Workgroup {name} in {region} is disabled. Enable it in Athena, or choose another in historical.workgroup."
            ))),
            Workgroup::Known(facts) if facts.is_spark() => Err(Error::bad_settings(format!(
                "Workgroup {name} in {region} is for Spark and runs no SQL. Choose another in historical.workgroup."
            ))),
            _ => Ok(workgroup),
        }
    }

    async fn load(&self, name: &str) -> Result<Workgroup> {
        let answer = self
            .service
            .call("athena:GetWorkGroup", Some(name), |client| client.get_work_group().work_group(name).send())
            .await;
        match answer {
            Ok(answer) => {
                answer.work_group().map(|workgroup| Workgroup::Known(Facts::read(workgroup))).ok_or_else(|| {
                    Error::new(
                        ErrorKind::NotFound,
                        format!("Athena knows nothing of workgroup {name}. Choose another in historical.workgroup."),
                    )
                })
            }
            Err(error) if error.kind() == ErrorKind::AccessDenied => Ok(Workgroup::Hidden),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_athena::types::{
        EngineVersion, ManagedQueryResultsConfiguration, ResultConfiguration, WorkGroupConfiguration,
    };

    use super::*;

    fn known(facts: Facts) -> Workgroup {
        Workgroup::Known(Facts { enabled: true, ..facts })
    }

    #[test]
    fn facts_are_read() {
        let configuration = WorkGroupConfiguration::builder()
            .enforce_work_group_configuration(true)
            .result_configuration(ResultConfiguration::builder().output_location("s3://results/").build())
            .managed_query_results_configuration(ManagedQueryResultsConfiguration::builder().enabled(false).build())
            .engine_version(
                EngineVersion::builder()
                    .selected_engine_version("AUTO")
                    .effective_engine_version("Athena engine version 3")
                    .build(),
            )
            .bytes_scanned_cutoff_per_query(10_000_000)
            .build();
        let workgroup = WorkGroup::builder().name("a").configuration(configuration).build().expect("the name is given");
        assert_eq!(
            Facts::read(&workgroup),
            Facts {
                enabled: true,
                enforced: true,
                output_location: Some("s3://results/".to_owned()),
                managed_results: false,
                engine_version: Some("Athena engine version 3".to_owned()),
                bytes_cutoff: Some(10_000_000),
            }
        );
        let bare = WorkGroup::builder().name("a").state(WorkGroupState::Disabled).build().expect("the name is given");
        assert_eq!(Facts::read(&bare), Facts::default());
    }

    #[test]
    fn the_client_names_an_output_location_only_where_the_workgroup_does_not() {
        let location = Some("s3://results/".to_owned());
        for (workgroup, wanted) in [
            (known(Facts::default()), true),
            (known(Facts { output_location: location.clone(), ..Facts::default() }), false),
            (known(Facts { enforced: true, output_location: location, ..Facts::default() }), false),
            (known(Facts { enforced: true, ..Facts::default() }), false),
            (known(Facts { managed_results: true, ..Facts::default() }), false),
            (Workgroup::Hidden, true),
        ] {
            assert_eq!(workgroup.wants_output_location(), wanted, "{workgroup:?}");
        }
    }

    #[test]
    fn results_are_reused_by_engine_3_that_keeps_them_in_s3() {
        let version = |version: &str| known(Facts { engine_version: Some(version.to_owned()), ..Facts::default() });
        for (workgroup, reuses) in [
            (version("Athena engine version 3"), true),
            (version("Athena engine version 2"), false),
            (version("Athena engine version 4"), true),
            (version("AUTO"), true),
            (known(Facts::default()), true),
            (known(Facts { managed_results: true, ..Facts::default() }), false),
            (Workgroup::Hidden, true),
        ] {
            assert_eq!(workgroup.reuses_results(), reuses, "{workgroup:?}");
        }
    }
}
