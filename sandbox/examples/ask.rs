use sandbox::data::*;
use sandbox::engine::*;
#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1).collect::<Vec<_>>();
    let agents = std::env::var("AGENTS").ok().and_then(|a| a.parse().ok()).unwrap_or(40);
    let days = std::env::var("DAYS").ok().and_then(|a| a.parse().ok()).unwrap_or(2);
    let t = std::time::Instant::now();
    let w = World::generate(WorldOptions { agents, days, ..Default::default() }, |l| eprintln!("{l}")).await;
    eprintln!(
        "ready {:?} rss {}",
        t.elapsed(),
        std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmRSS")).unwrap()
    );
    if args.is_empty() {
        args = std::io::stdin().lines().map(|l| l.unwrap()).filter(|l| !l.trim().is_empty()).collect();
    }
    for a in args {
        let (svc, sql) = if let Some(s) = a.strip_prefix("ts ") {
            (Service::Timestream, s.to_owned())
        } else if let Some(s) = a.strip_prefix("a ") {
            (Service::Athena, s.to_owned())
        } else {
            (Service::Athena, a.clone())
        };
        let t = std::time::Instant::now();
        println!("> {a}");
        match w.query(svc, &sql, &QueryContext::default()).await {
            Ok(o) => {
                println!(
                    "{:?}",
                    o.columns
                        .iter()
                        .map(|c| format!(
                            "{}:{}",
                            c.name.clone().unwrap_or_default(),
                            sandbox::dialect::types::name(&c.sql_type)
                        ))
                        .collect::<Vec<_>>()
                );
                println!(
                    "{}\n{} bytes {:?}",
                    arrow::util::pretty::pretty_format_batches(&o.batches).unwrap(),
                    o.bytes_scanned,
                    t.elapsed()
                )
            }
            Err(e) => println!("ERR {e:?}"),
        }
    }
}
