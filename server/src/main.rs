//! The command line.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use server::administration::Command;
use server::command::Exported;
use server::config::{Config, ListenOption, LogFormat};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const GLOBAL: &str = "Options of every command";
const NOTES: &str = "\
Everything that ximss-gateway.example.toml explains can also be set by variables of the environment, such as
XIMSS_SIP_ADVERTISE for sip.advertise. Exit codes: 0 it is done, 1 it failed, 2 wrong command line or configuration.";

/// Mail, messages and calls for browsers and thin clients over the XIMSS protocol.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, after_help = NOTES)]
struct Arguments {
    /// Configuration file; every key is explained in ximss-gateway.example.toml
    #[arg(long, value_name = "FILE", global = true, help_heading = GLOBAL)]
    config: Option<PathBuf>,
    /// Folder of everything that is kept [default: ./data]
    #[arg(long, value_name = "DIR", global = true, help_heading = GLOBAL)]
    data: Option<PathBuf>,
    /// Listen here; KIND is http, https, admin, ximss, ximsss, sip or lmtp. Can be repeated; KIND=off switches one off
    #[arg(long, value_name = "KIND=ADDR:PORT", global = true, help_heading = GLOBAL)]
    listen: Vec<ListenOption>,
    /// Form of the log on standard error
    #[arg(long, value_name = "FORMAT", global = true, help_heading = GLOBAL, value_parser = ["text", "json"])]
    log: Option<String>,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Run the gateway (the default)
    Serve,
    /// Create, change, list and remove accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// Bring mail in and out, look whether it is whole and what is on its way
    #[command(subcommand)]
    Mail(MailCommand),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Create an account
    Add {
        #[command(flatten)]
        account: AccountArguments,
        /// What its owner is called
        #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
        real_name: String,
    },
    /// Set the password of an account
    Password {
        #[command(flatten)]
        account: AccountArguments,
    },
    /// List all accounts
    List,
    /// Remove an account and everything it has
    Remove {
        /// The account
        #[arg(value_name = "NAME@DOMAIN")]
        address: String,
    },
    /// Other names of accounts: they log in, are called and get mail as the account's own
    #[command(subcommand)]
    Alias(AliasCommand),
}

#[derive(Subcommand)]
enum AliasCommand {
    /// Give an account another name
    Add {
        /// The account
        #[arg(value_name = "NAME@DOMAIN")]
        address: String,
        /// The other name, in any domain that is served here
        #[arg(value_name = "ALIAS@DOMAIN")]
        alias: String,
    },
    /// List the other names of an account
    List {
        /// The account
        #[arg(value_name = "NAME@DOMAIN")]
        address: String,
    },
    /// Take the name from the account
    Remove {
        /// The other name
        #[arg(value_name = "ALIAS@DOMAIN")]
        alias: String,
    },
}

#[derive(Args)]
struct AccountArguments {
    /// The account
    #[arg(value_name = "NAME@DOMAIN")]
    address: String,
    /// Read the password from standard input; without this a random one is made and printed
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Subcommand)]
enum MailCommand {
    /// Import messages with their dates and flags
    Import {
        /// The account
        #[arg(value_name = "NAME@DOMAIN")]
        address: String,
        /// The mailbox; it is created if it is new
        mailbox: String,
        /// An mbox file or a Maildir folder
        #[arg(value_name = "FILE.mbox|MAILDIR")]
        source: PathBuf,
    },
    /// Export messages with their dates and flags, so that they can be imported again
    Export {
        /// The account
        #[arg(value_name = "NAME@DOMAIN")]
        address: String,
        /// The mailbox
        #[arg(required_unless_present = "all", conflicts_with = "all", requires = "target")]
        mailbox: Option<String>,
        /// A new mbox file, if it ends in .mbox, or else a new Maildir
        #[arg(value_name = "OUT.mbox|MAILDIR")]
        target: Option<PathBuf>,
        /// Export all mailboxes: into this folder, each as an mbox file if the name ends in .mbox, or else as a Maildir
        #[arg(long, value_name = "FOLDER")]
        all: Option<PathBuf>,
    },
    /// Find damage in what is stored
    Check {
        /// The account; without one, all accounts and everything else
        #[arg(value_name = "NAME@DOMAIN")]
        address: Option<String>,
        /// Mend what can be mended
        #[arg(long)]
        mend: bool,
    },
    /// List the mail that is on its way: to whom, how often it was tried, and the last answer
    Queue,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say whether the configuration is right
    Check,
    /// Print the configuration that is in force
    Show,
}

/// Exit code for a wrong command line or configuration.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match configure(&arguments) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("error: {}", server::command::explain(&error));
            return ExitCode::from(WRONG_USE);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments.command.unwrap_or(Subcommands::Serve), config));
    // A message that is being taken apart for nobody any more is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", server::command::explain(&error));
            ExitCode::FAILURE
        }
    }
}

fn configure(arguments: &Arguments) -> anyhow::Result<Config> {
    let mut config = Config::load(arguments.config.as_deref(), std::env::vars_os())?;
    if let Some(data) = &arguments.data {
        config.data.clone_from(data);
    }
    config.listen_on(&arguments.listen);
    if let Some(format) = &arguments.log {
        config.log.format = if format == "json" { LogFormat::Json } else { LogFormat::Text };
    }
    config.check()?;
    Ok(config)
}

async fn run(command: Subcommands, config: Config) -> anyhow::Result<()> {
    match command {
        Subcommands::Serve => {
            start_log(&config)?;
            let shutdown = CancellationToken::new();
            stop_on_signal(shutdown.clone())?;
            server::run(config, shutdown).await
        }
        Subcommands::Account(command) => account(&config, command).await,
        Subcommands::Mail(command) => mail(&config, command).await,
        Subcommands::Config(ConfigCommand::Check) => {
            server::check_files(&config)?;
            say("the configuration is right")
        }
        Subcommands::Config(ConfigCommand::Show) => say(config.without_password().to_toml().trim_end()),
    }
}

async fn mail(config: &Config, command: MailCommand) -> anyhow::Result<()> {
    match command {
        MailCommand::Import { address, mailbox, source } => {
            let stored = server::command::import(config, address, mailbox, &source).await?;
            say(&format!("{} imported", server::command::messages(stored)))
        }
        MailCommand::Export { address, mailbox, target, all } => {
            let exported = match (mailbox, target, all) {
                (Some(mailbox), Some(target), _) => Exported::Mailbox { name: mailbox, target },
                (_, _, all) => Exported::All { folder: all.unwrap_or_default() },
            };
            let written = server::command::export(config, address, exported).await?;
            say(&format!("{} exported", server::command::messages(written)))
        }
        MailCommand::Check { address, mend } => {
            server::command::run(config, Command::MailCheck { address, mend }, say).await
        }
        MailCommand::Queue => server::command::run(config, Command::MailQueue, say).await,
    }
}

async fn account(config: &Config, command: AccountCommand) -> anyhow::Result<()> {
    let mut random = None;
    let mut password = |account: &AccountArguments| {
        let (password, is_random) = server::command::password(account.password_stdin)?;
        random = is_random.then(|| format!("the password of {} is {password}", account.address));
        Ok::<_, anyhow::Error>(password)
    };
    let command = match command {
        AccountCommand::Add { account, real_name } => {
            Command::AccountAdd { password: password(&account)?, address: account.address, real_name }
        }
        AccountCommand::Password { account } => {
            Command::AccountPassword { password: password(&account)?, address: account.address }
        }
        AccountCommand::List => Command::AccountList,
        AccountCommand::Remove { address } => Command::AccountRemove { address },
        AccountCommand::Alias(AliasCommand::Add { address, alias }) => Command::AliasAdd { address, alias },
        AccountCommand::Alias(AliasCommand::List { address }) => Command::AliasList { address },
        AccountCommand::Alias(AliasCommand::Remove { alias }) => Command::AliasRemove { alias },
    };
    server::command::run(config, command, say).await?;
    random.map_or(Ok(()), |line| say(&line))
}

/// A line on standard output.
fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        // Who reads no further wants no more.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn start_log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log.level)
        .with_context(|| format!("log.level {:?} is no filter", config.log.level))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match config.log.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

fn stop_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        shutdown.cancel();
    });
    Ok(())
}
