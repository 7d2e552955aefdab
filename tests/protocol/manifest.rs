//! `plugin.json`, by which Grafana finds the binary.

use std::path::Path;

use serde_json::Value;

#[test]
fn the_manifest_names_what_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: Value = serde_json::from_slice(&std::fs::read(root.join("plugin.json")).unwrap()).unwrap();
    assert_eq!(manifest["id"], "switchboard-connect-datasource");
    assert_eq!((&manifest["type"], &manifest["backend"]), (&"datasource".into(), &true.into()));
    let binary = Path::new(env!("CARGO_BIN_EXE_gpx_switchboard")).file_stem().unwrap();
    assert_eq!(manifest["executable"].as_str(), binary.to_str());
    for size in ["small", "large"] {
        let logo = manifest["info"]["logos"][size].as_str().unwrap();
        assert!(root.join(logo).is_file(), "{logo}");
    }
}
