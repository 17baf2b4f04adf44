//! `quotaRead`: how much mail may the account keep, and how much does it keep?

use crate::wire::wire;

wire! {
    /// Answered by one `quota`.
    pub struct QuotaRead "quotaRead" {}
}
