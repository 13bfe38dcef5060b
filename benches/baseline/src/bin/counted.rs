#[global_allocator]
static ALLOCATOR: genesys_bench_worker::Counting = genesys_bench_worker::Counting;

fn main() {
    genesys_bench_worker::main(genesys_bench_baseline::worker);
}
