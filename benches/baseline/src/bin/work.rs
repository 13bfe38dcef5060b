fn main() {
    genesys_bench_worker::main(genesys_bench_baseline::worker);
}
