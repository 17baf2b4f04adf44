//! Is the repository in order?
