//! Prints the TypeScript module that the browser's SDK has of the messages.

fn main() {
    print!("{}", protocol::typescript());
}
