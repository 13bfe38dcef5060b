fn main() {
    genesys_benches::work::main();
}
