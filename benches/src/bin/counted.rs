#[global_allocator]
static ALLOCATOR: genesys_benches::work::Counting = genesys_benches::work::Counting;

fn main() {
    genesys_benches::work::main();
}
