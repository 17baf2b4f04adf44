//! Are accounts and domains found, changed and removed whole?

use crate::harness::{message, new_account, on_both};
use crate::{
    AccountId, Aggregate, Binding, Counts, Credentials, DomainId, Error, MailboxName, Modseq, Registration,
    Uid,
};

on_both! {
    async fn a_domain_is_found_whatever_its_case_and_only_one_has_the_name(bed: &Bed) {
        let domain = bed.storage.create_domain("Example.ORG").await.unwrap();
        let other = bed.storage.create_domain("another.example").await.unwrap();
        assert_eq!(bed.storage.find_domain("exAMPLE.org").await.unwrap(), Some(domain.clone()));
        assert_eq!(bed.storage.find_domain("example.net").await.unwrap(), None);
        assert_eq!(bed.storage.domains().await.unwrap(), [domain, other]);
        let refused = bed.storage.create_domain("example.org").await.unwrap_err();
        assert!(matches!(refused, Error::AlreadyExists { what: Aggregate::Domain }), "{refused}");
    }

    async fn an_account_comes_with_an_empty_inbox(bed: &Bed) {
        let account = bed.account("alice").await;
        let [inbox] = bed.storage.mailboxes(account.id).await.unwrap().try_into().unwrap();
        assert_eq!(inbox.name, MailboxName::inbox());
        assert_eq!((inbox.uid_next, inbox.modseq, inbox.counts), (Uid(1), Modseq(1), Counts::default()));
        assert!(inbox.uid_validity > 1_700_000_000);
    }

    async fn an_account_is_found_whatever_the_case_of_its_name_and_domain(bed: &Bed) {
        let domain = bed.domain().await;
        let account = bed.storage.create_account(new_account(&domain, "Élodie")).await.unwrap();
        assert_eq!(account.domain_name, "example.org");
        assert_eq!(account.credentials, new_account(&domain, "Élodie").credentials);
        let found = bed.storage.find_account("éLODIE", "EXAMPLE.org").await.unwrap();
        assert_eq!(found, Some(account.clone()));
        assert_eq!(bed.storage.account(account.id).await.unwrap(), account);
        assert_eq!(bed.storage.find_account("élodie", "example.net").await.unwrap(), None);
        assert_eq!(bed.storage.find_account("", "example.org").await.unwrap(), None);
        assert_eq!(bed.storage.find_account("nul\0", "example.org").await.unwrap(), None);
        assert_eq!(bed.storage.accounts(domain.id).await.unwrap(), [account]);
    }

    async fn a_name_is_given_once_in_a_domain_whatever_its_case(bed: &Bed) {
        bed.account("alice").await;
        let domain = bed.domain().await;
        let refused = bed.storage.create_account(new_account(&domain, "ALICE")).await.unwrap_err();
        assert!(matches!(refused, Error::AlreadyExists { what: Aggregate::Account }), "{refused}");
        let elsewhere = bed.storage.create_domain("example.net").await.unwrap();
        bed.storage.create_account(new_account(&elsewhere, "alice")).await.unwrap();
    }

    async fn an_account_needs_a_domain_and_a_name(bed: &Bed) {
        let mut account = new_account(&bed.domain().await, "");
        let refused = bed.storage.create_account(account.clone()).await.unwrap_err();
        assert_eq!(refused.to_string(), "no account can be named so: it is empty");
        account.name = "x".repeat(256);
        assert!(matches!(bed.storage.create_account(account.clone()).await, Err(Error::InvalidName { .. })));
        account.name = "alice".into();
        account.domain = DomainId::new().unwrap();
        let refused = bed.storage.create_account(account).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { what: Aggregate::Domain }), "{refused}");
    }

    async fn new_credentials_raise_the_key_version_by_one(bed: &Bed) {
        let account = bed.account("alice").await;
        assert_eq!(account.key_version, 1);
        let credentials = Credentials { password_hash: "$argon2id$new".into(), digests: vec![] };
        assert_eq!(bed.storage.set_credentials(account.id, credentials.clone()).await.unwrap(), 2);
        bed.storage.set_real_name(account.id, "Alice B.".into()).await.unwrap();
        let changed = bed.storage.account(account.id).await.unwrap();
        assert_eq!((changed.credentials.clone(), changed.key_version), (credentials, 2));
        assert_eq!(changed.real_name, "Alice B.");
        assert!(!format!("{changed:?}").contains("argon2id"), "secrets are not shown");
    }

    async fn a_removed_account_takes_what_it_owns_with_it_and_nothing_else(bed: &Bed) {
        let (alice, bob) = (bed.account("alice").await, bed.account("bob").await);
        let shared = message(1);
        for account in [alice.id, bob.id] {
            let inbox = bed.mailbox(account, "Work").await;
            bed.storage.append(inbox, vec![shared.clone(), message(2)]).await.unwrap();
            let preference = vec![("Language".to_owned(), Some("fr".to_owned()))];
            bed.storage.set_preferences(account, "custom", preference).await.unwrap();
            let bindings = vec![Binding { record: vec![1], expires: 9 }];
            let registration = Registration { account, address: account.to_string(), bindings };
            bed.storage.set_registration(registration).await.unwrap();
        }
        bed.storage.remove_account(alice.id).await.unwrap();
        bed.assert_sound().await;
        assert_eq!(bed.storage.accounts(bed.domain().await.id).await.unwrap(), [bob]);
        assert_eq!(bed.count("SELECT COUNT(*) FROM mailbox").await, 2);
        assert_eq!(bed.count("SELECT COUNT(*) FROM message").await, 2);
        assert_eq!(bed.count("SELECT COUNT(*) FROM preference").await, 1);
        assert_eq!(bed.storage.registrations().await.unwrap().len(), 1);
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob WHERE refs = 0").await, 1);
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob WHERE refs > 0").await, 2);
    }

    async fn a_removed_domain_takes_its_accounts_with_it(bed: &Bed) {
        let inbox = bed.inbox().await;
        bed.storage.append(inbox, vec![message(1), message(2)]).await.unwrap();
        bed.storage.remove_domain(bed.domain().await.id).await.unwrap();
        bed.assert_sound().await;
        assert_eq!(bed.storage.domains().await.unwrap(), []);
        assert_eq!(bed.count("SELECT COUNT(*) FROM account").await, 0);
        assert_eq!(bed.count("SELECT COUNT(*) FROM message").await, 0);
        assert_eq!(bed.count("SELECT COUNT(*) FROM blob WHERE refs = 0").await, 2);
    }

    async fn what_is_not_there_is_not_found(bed: &Bed) {
        let nobody = AccountId::new().unwrap();
        let credentials = Credentials { password_hash: String::new(), digests: vec![] };
        let refusals = [
            bed.storage.account(nobody).await.map(drop),
            bed.storage.set_credentials(nobody, credentials).await.map(drop),
            bed.storage.set_real_name(nobody, String::new()).await,
            bed.storage.remove_account(nobody).await,
            bed.storage.set_preferences(nobody, "custom", vec![]).await,
            bed.storage.create_mailbox(nobody, MailboxName::inbox(), String::new()).await.map(drop),
        ];
        for refusal in refusals {
            let what = Aggregate::Account;
            assert!(matches!(&refusal, Err(Error::NotFound { what: w }) if *w == what), "{refusal:?}");
        }
        let refusal = bed.storage.remove_domain(DomainId::new().unwrap()).await;
        assert!(matches!(refusal, Err(Error::NotFound { what: Aggregate::Domain })), "{refusal:?}");
    }
}
