//! A program that knows its segments by name: `segments::VIP` is the id of the segment VIP, and where
//! there is no such segment, the program does not compile.

mod segments {
    include!(concat!(env!("OUT_DIR"), "/segments.rs"));
}

fn main() {
    for (name, id) in segments::ALL {
        println!("{id}  {name}");
    }
}
