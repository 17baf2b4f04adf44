//! Tests of a call, for the phone.
