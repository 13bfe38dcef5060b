//! The baseline of `cargo bench -p genesys-benches --bench footprint`: one typed GET on ureq and serde.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Segment {
    id: String,
    display_name: String,
    version: i64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = std::env::var("GENESYSCLOUD_ACCESS_TOKEN")?;
    let id = std::env::args().nth(1).ok_or("usage: baseline SEGMENT_ID")?;
    let url = format!("https://api.mypurecloud.ie/api/v2/journey/segments/{id}");
    let mut response = ureq::get(&url).header("Authorization", format!("Bearer {token}")).call()?;
    let segment: Segment = serde_json::from_slice(&response.body_mut().read_to_vec()?)?;
    println!("{} {} {}", segment.id, segment.display_name, segment.version);
    Ok(())
}
