//! Who works in the centre and how it is organised: queues, routing profiles, agents, and their ARNs.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use uuid::{Builder, Uuid};

/// The account that owns the instance (an account number that AWS reserves for documentation).
const ACCOUNT: &str = "111122223333";
/// Amazon Connect's region for the centre.
const REGION: &str = "eu-west-2";

const QUEUES: [&str; 6] = ["Sales", "Support", "Billing", "Retention", "Technical", "Complaints"];

/// A routing profile's name and the queues it serves, each with its share of the profile's contacts.
const ROUTING_PROFILES: [(&str, &[(u8, u32)]); 4] = [
    ("Support", &[(1, 70), (4, 30)]),
    ("Sales and retention", &[(0, 70), (3, 30)]),
    ("Billing", &[(2, 80), (5, 20)]),
    ("Blended", &[(0, 25), (1, 35), (2, 20), (3, 8), (4, 7), (5, 5)]),
];

const FIRST_NAMES: [&str; 40] = [
    "amelia", "ben", "chloe", "daniel", "eleanor", "farah", "george", "hannah", "imran", "jasmine", "kieran", "layla",
    "mohammed", "nadia", "oliver", "priya", "quentin", "rosie", "samuel", "tara", "umar", "victoria", "william",
    "yasmin", "zachary", "aisha", "callum", "deepa", "ewan", "fiona", "gareth", "harriet", "isla", "jamal", "kate",
    "liam", "megan", "niamh", "owen", "poppy",
];
const LAST_NAMES: [&str; 50] = [
    "adams",
    "begum",
    "campbell",
    "davies",
    "evans",
    "fletcher",
    "graham",
    "hughes",
    "iqbal",
    "jones",
    "khan",
    "lewis",
    "morgan",
    "newton",
    "osborne",
    "patel",
    "quinn",
    "roberts",
    "singh",
    "taylor",
    "underwood",
    "vaughan",
    "wright",
    "young",
    "zaman",
    "atkins",
    "bennett",
    "clarke",
    "dixon",
    "ellis",
    "ford",
    "green",
    "hussain",
    "ingram",
    "jenkins",
    "kaur",
    "lawson",
    "murphy",
    "nolan",
    "okafor",
    "price",
    "reid",
    "shah",
    "turner",
    "usher",
    "voss",
    "walker",
    "yates",
    "abbott",
    "barnes",
];

/// A queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its name as people know it.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

/// A routing profile: which queues an agent answers.
#[derive(Debug, Clone)]
pub struct RoutingProfile {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Queues by number, with weights.
    pub queues: Vec<(u8, u32)>,
}

/// An agent.
#[derive(Debug, Clone)]
pub struct Agent {
    /// The login name.
    pub username: String,
    /// The ARN.
    pub arn: String,
    /// The routing profile's number.
    pub routing_profile: u8,
}

/// The centre's standing organisation, a function of the seed and the number of agents.
#[derive(Debug)]
pub struct Centre {
    /// From which everything else follows.
    pub seed: u64,
    /// The Connect instance's ARN.
    pub instance_arn: String,
    /// The AWS account that owns it.
    pub account: String,
    /// Queues; contacts refer to them by position.
    pub queues: Vec<Queue>,
    /// Routing profiles; agents refer to them by position.
    pub routing_profiles: Vec<RoutingProfile>,
    /// Agents; contacts refer to them by position.
    pub agents: Vec<Agent>,
}

impl Centre {
    /// Employs `agents` people.
    #[must_use]
    pub fn new(seed: u64, agents: u32) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let instance_arn = format!("arn:aws:connect:{REGION}:{ACCOUNT}:instance/{}", random_uuid(&mut random));
        let mut arn = |kind: &str| format!("{instance_arn}/{kind}/{}", random_uuid(&mut random));
        let queues = QUEUES.iter().map(|name| Queue { name: (*name).to_owned(), arn: arn("queue") }).collect();
        let routing_profiles: Vec<_> = ROUTING_PROFILES
            .iter()
            .map(|(name, queues)| RoutingProfile {
                name: (*name).to_owned(),
                arn: arn("routing-profile"),
                queues: queues.to_vec(),
            })
            .collect();
        let agents = (0..agents)
            .map(|number| Agent {
                username: username(number as usize),
                arn: arn("agent"),
                routing_profile: routing_profile_of(number),
            })
            .collect();
        Self { seed, instance_arn, account: ACCOUNT.to_owned(), queues, routing_profiles, agents }
    }

    /// The routing profile of an agent, by the agent's number.
    #[must_use]
    pub fn routing_profile(&self, agent: u32) -> &RoutingProfile {
        let profile = self.agents.get(agent as usize).map_or(0, |agent| agent.routing_profile as usize);
        &self.routing_profiles[profile % self.routing_profiles.len()]
    }
}

/// A version 4 UUID from a seeded generator.
pub(super) fn random_uuid(random: &mut impl Rng) -> Uuid {
    Builder::from_random_bytes(random.random::<u128>().to_be_bytes()).into_uuid()
}

/// The core crew (the first four) can answer every queue; after them, four agents in ten do support.
fn routing_profile_of(agent: u32) -> u8 {
    match agent {
        0..4 => 3,
        _ => [0, 1, 2, 0, 3, 1, 0, 2, 0, 3][agent as usize % 10],
    }
}

/// First and last name; the two lists' lengths make the pair unique for the first 200 agents, a number does after that.
fn username(number: usize) -> String {
    let names = FIRST_NAMES.len() * LAST_NAMES.len() / 10;
    let first = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last = LAST_NAMES[number * 7 % LAST_NAMES.len()];
    match number / names {
        0 => format!("{first}.{last}"),
        repeat => format!("{first}.{last}{}", repeat + 1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn usernames_and_arns_are_unique() {
        let centre = Centre::new(1, 2_000);
        let names: BTreeSet<_> = centre.agents.iter().map(|agent| &agent.username).collect();
        let arns: BTreeSet<_> = centre.agents.iter().map(|agent| &agent.arn).collect();
        assert_eq!((names.len(), arns.len()), (2_000, 2_000));
    }

    #[test]
    fn the_same_seed_makes_the_same_centre() {
        assert_eq!(Centre::new(7, 10).agents[9].arn, Centre::new(7, 20).agents[9].arn);
        assert_ne!(Centre::new(7, 10).instance_arn, Centre::new(8, 10).instance_arn);
    }
}
