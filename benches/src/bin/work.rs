fn main() {
    genesys_bench_worker::main(genesys_benches::work::worker);
}
