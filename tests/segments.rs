mod stand_in;
use genesys_journey::{Config, Region, segments};
use stand_in::StandIn;
#[test]
fn smoke() {
    let s = StandIn::start();
    let config = Config::new(Region::at(&s.url(), &s.url()).unwrap(), &s.token());
    let x = segments::create(&config, &segments::NewSegment::new("VIP")).unwrap();
    assert_eq!(segments::get(&config, &x.id).unwrap(), x);
    let t = std::time::Instant::now();
    for _ in 0..100 {
        segments::get(&config, &x.id).unwrap();
    }
    println!("{:?}", t.elapsed() / 100);
    println!("{:?}", s.requests()[0]);
    println!("{:?}", segments::get(&config, "nope"));
    segments::delete(&config, &x.id).unwrap();
}
