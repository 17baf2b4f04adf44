//! What the gateway does as a whole, in chapters.
