//! The command line, and the only place where settings are read: arguments first, then the
//! environment variables that `--help` names beside them.

use std::io::{IsTerminal, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app::{self, App, Origin};
use crate::graphql::{Limits, Outcome, Request};
use crate::http::{self, Settings, settings};
use crate::io::sources;
use crate::ontology::{Date, Fault, Faults};

/// Faults printed one by one before the rest is only counted.
const FAULTS_SHOWN: usize = 200;
/// How long the process waits for threads that still compute once all connections have ended.
const AFTER_DRAIN: Duration = Duration::from_millis(500);
/// Work that takes longer than this says so.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// Who does what, why, for whom and on what evidence: a policy knowledge graph asked over
/// GraphQL, every link with the words that support it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all well, 1 the data, ontology or query is at fault, 2 the command line is.\n\nBegin with: throughline serve"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer over HTTP until stopped.
    Serve(Serve),
    /// Validate an ontology and its data; with --sources, find every quote word for word.
    Check(Check),
    /// Print the GraphQL schema of an ontology.
    Schema(OntologyArgs),
    /// Answer one query in the terminal, with no server.
    Query(QueryArgs),
    /// Write the data as one file that opens several times faster; --data takes it under the same ontology.
    Snapshot(SnapshotArgs),
}

/// Room for about a thousand answers of the size of a page.
const ANSWER_CACHE_BYTES: usize = 32 << 20;

#[derive(Args, Debug)]
struct OntologyArgs {
    /// Ontology in SDL; may be given several times. The embedded policy ontology if absent.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_SCHEMA", value_delimiter = ',')]
    schema: Vec<PathBuf>,
}

#[derive(Args, Debug)]
struct OriginArgs {
    #[command(flatten)]
    ontology: OntologyArgs,
    /// Data in JSON Lines, a snapshot before them or alone; may be given several times. The embedded seed if neither this nor --schema is given.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_DATA", value_delimiter = ',', num_args = 1..)]
    data: Vec<PathBuf>,
}

impl OriginArgs {
    fn origin(&self) -> Origin {
        Origin { schema: self.ontology.schema.clone(), data: self.data.clone() }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Args, Debug)]
struct Serve {
    #[command(flatten)]
    origin: OriginArgs,
    /// Where to listen; port 0 picks a free one. The first line on stdout is the base URL, printed once it answers.
    #[arg(long, value_name = "ADDR", env = "THROUGHLINE_LISTEN", default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// A name this server answers to, besides addresses and localhost; may be given several times.
    #[arg(long, value_name = "NAME", env = "THROUGHLINE_HOST", value_delimiter = ',')]
    host: Vec<String>,
    /// An origin such as https://example.org whose pages may read and write; if absent, all pages may read and none may write.
    #[arg(long, value_name = "ORIGIN", env = "THROUGHLINE_ALLOW_ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<String>,
    /// Seconds one operation may run.
    #[arg(long, value_name = "SECONDS", env = "THROUGHLINE_OPERATION_TIME", default_value_t = settings::OPERATION_TIME.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    operation_time: u64,
    /// Bytes a request body may have.
    #[arg(long, value_name = "BYTES", env = "THROUGHLINE_BODY_BYTES", default_value_t = settings::BODY_BYTES)]
    body_bytes: usize,
    /// Connections at once.
    #[arg(long, value_name = "N", env = "THROUGHLINE_CONNECTIONS", default_value_t = settings::CONNECTIONS as u32, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// Nodes one answer may hold, by static cost.
    #[arg(long, value_name = "NODES", env = "THROUGHLINE_MAX_COST", default_value_t = Limits::default().cost)]
    max_cost: u64,
    /// Items one page may have.
    #[arg(long, value_name = "ITEMS", env = "THROUGHLINE_MAX_PAGE", default_value_t = Limits::default().page as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_page: u32,
    /// Folder of saved queries, a file name.graphql each: /q/<name> answers it. They add to those that come with the program
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_QUERIES")]
    queries: Option<PathBuf>,
    /// Bytes of answers kept for as long as the data are the same; 0 executes every request
    #[arg(long, value_name = "BYTES", env = "THROUGHLINE_ANSWER_CACHE_BYTES", default_value_t = ANSWER_CACHE_BYTES)]
    answer_cache_bytes: usize,
    /// How requests are logged, on stderr. THROUGHLINE_LOG filters, as in `warn` or `request=info`.
    #[arg(long, value_enum, env = "THROUGHLINE_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Args, Debug)]
struct Check {
    #[command(flatten)]
    origin: OriginArgs,
    /// Folder with the texts of the sources; every quote is looked for there.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_SOURCES")]
    sources: Option<PathBuf>,
    /// Record hash, status and date of the verification in the data files.
    #[arg(long, requires = "sources", requires = "data")]
    write: bool,
    /// The day to record, YYYY-MM-DD; today if absent.
    #[arg(long, value_name = "DAY", requires = "write", value_parser = day)]
    today: Option<Date>,
}

#[derive(Args, Debug)]
struct QueryArgs {
    #[command(flatten)]
    ontology: OntologyArgs,
    /// Data in JSON Lines, a snapshot before them or alone; may be given several times. The embedded seed if neither this nor --schema is given.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_DATA", value_delimiter = ',')]
    data: Vec<PathBuf>,
    /// A file with the query; - reads standard input.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Variables as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    variables: String,
    /// Which operation, where the file has several.
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// The answer on one line.
    #[arg(long)]
    compact: bool,
}

#[derive(Args, Debug)]
struct SnapshotArgs {
    #[command(flatten)]
    origin: OriginArgs,
    /// The file to write; replaced as a whole where it is there.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// Parses the command line and does what it says. 0 if all went well, 1 if data, ontology or
/// query are at fault, 2 if the command line is.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(args) => serve(args),
        Command::Check(args) => check(&args),
        Command::Schema(args) => schema(&args),
        Command::Query(args) => query(&args),
        Command::Snapshot(args) => snapshot(&args),
    };
    done.unwrap_or_else(|e| {
        say_error(&e);
        ExitCode::FAILURE
    })
}

/// Lists faults up to a limit; everything else with its causes.
fn say_error(error: &anyhow::Error) {
    match error.downcast_ref::<Faults>() {
        Some(Faults(faults)) => {
            say_faults(faults);
            say("nothing was loaded");
        }
        None => say(&format!("error: {error:#}")),
    }
}

fn say_faults(faults: &[Fault]) {
    faults.iter().take(FAULTS_SHOWN).for_each(|fault| say(&fault.to_string()));
    if faults.len() > FAULTS_SHOWN {
        say(&format!("… and {} more", faults.len() - FAULTS_SHOWN));
    }
    say(&match faults.len() {
        1 => "1 fault".to_owned(),
        n => format!("{n} faults"),
    });
}

/// A line on stderr; if nobody reads there, there is nobody to tell.
fn say(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Runs `work` and says on stderr that it goes on, if it takes longer than a second.
fn with_progress<T: Send>(what: &str, work: impl FnOnce() -> T + Send) -> T {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = wait.recv_timeout(PROGRESS_AFTER) {
                let line = format!("{what} … {} s\n", began.elapsed().as_secs());
                drop(std::io::stderr().write_all(line.as_bytes())); // nobody reads: go on
            }
        });
        let out = work();
        drop(done);
        out
    })
}

fn serve(args: Serve) -> Result<ExitCode> {
    log_to_stderr(args.log_format);
    let limits = Limits {
        cost: args.max_cost,
        page: args.max_page as usize,
        answer_cache_bytes: args.answer_cache_bytes,
        ..Limits::default()
    };
    let mut app = with_progress("loading", || App::open(&args.origin.origin(), limits))?;
    if let Some(folder) = &args.queries {
        app = app.with_queries(folder)?;
    }
    let app = Arc::new(app);
    let settings = Settings {
        hosts: args.host,
        origins: args.allow_origin,
        body_bytes: args.body_bytes,
        operation_time: Duration::from_secs(args.operation_time),
        connections: args.connections as usize,
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let done = runtime.block_on(async {
        let stop = http::serve::stop_signal().context("cannot listen for signals")?;
        let listener = http::serve::bind(args.listen).await?;
        let address = listener.local_addr().context("the socket has no address")?;
        let view = app.view();
        tracing::info!(entities = view.entity_count(), links = view.link_count(), version = %view.version(), "ready");
        let mut out = std::io::stdout().lock();
        // Whoever started us may not read it; that is no reason not to serve.
        drop(writeln!(out, "http://{address}").and_then(|()| out.flush()));
        drop(out);
        http::serve::serve(listener, http::router(app, &settings), &settings, stop).await;
        Ok(ExitCode::SUCCESS)
    });
    // What still computes after the drain is left behind: it holds nothing that could be lost.
    runtime.shutdown_timeout(AFTER_DRAIN);
    done
}

fn log_to_stderr(format: LogFormat) {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("THROUGHLINE_LOG").unwrap_or_else(|_| "info".into());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}

fn check(args: &Check) -> Result<ExitCode> {
    let origin = args.origin.origin();
    let mut seals = sources::Seals::default();
    let graph = with_progress("checking", || {
        app::load_with(&origin, |change, file, line| {
            if args.sources.is_none() {
                seals.look(change, file, line);
            }
        })
    })?;
    // What the server would refuse at its start is refused here too.
    crate::graphql::Api::new(graph.ontology(), Limits::default()).map_err(anyhow::Error::msg)?;
    let overview = app::overview(&graph);
    let mut said = format!(
        "{} entities, {} links ({} inferred), version {}\n",
        overview.entities, overview.links, overview.inferred, overview.version
    );
    let faults = match &args.sources {
        None => {
            for (status, count) in &overview.evidence {
                said += &format!("{status:<20}{count:>8}  (as recorded)\n");
            }
            seals.faults()
        }
        Some(dir) if !dir.is_dir() => {
            bail!("{} is no folder; name the one with the texts of the sources", dir.display())
        }
        Some(dir) => {
            let batch = origin.batch();
            if !batch.reading.faults.is_empty() {
                return Err(Faults(batch.reading.faults).into());
            }
            let verification = with_progress("checking", || sources::verify(&batch, dir));
            for status in ["VERIFIED", "NOT_FOUND", "SOURCE_UNAVAILABLE", "URL_ONLY"] {
                let count = verification.counts.get(status).copied().unwrap_or(0);
                said += &format!("{status:<20}{count:>8}\n");
            }
            if args.write {
                let today = match args.today {
                    Some(day) => day,
                    None => today()?,
                };
                let recorded = sources::record(&args.origin.data, &verification, dir, today);
                for path in recorded.map_err(anyhow::Error::msg)? {
                    said += &format!("recorded in {}\n", path.display());
                }
            }
            verification.faults
        }
    };
    print(said.as_bytes())?;
    if faults.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    say_faults(&faults);
    Ok(ExitCode::FAILURE)
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no day; write YYYY-MM-DD"))
}

/// Today by the system's clock, in UTC.
fn today() -> Result<Date> {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .context("the clock is before 1970")?;
    let days = i64::try_from(since.as_secs() / 86_400)?;
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().try_days(days)?).context("the clock is beyond the calendar")
}

fn schema(args: &OntologyArgs) -> Result<ExitCode> {
    let ontology = Origin { schema: args.schema.clone(), data: Vec::new() }.ontology()?;
    let declaration = crate::graphql::declare::declare(&ontology).map_err(anyhow::Error::msg)?;
    print(declaration.sdl.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn query(args: &QueryArgs) -> Result<ExitCode> {
    let origin = Origin { schema: args.ontology.schema.clone(), data: args.data.clone() };
    let mut text = String::new();
    if args.file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).context("cannot read the query from standard input")?;
    } else {
        text = crate::io::read_text(&args.file).map_err(|fault| Faults(vec![fault]))?.1;
    }
    let variables = serde_json::from_str(&args.variables)
        .context("--variables takes a JSON object, such as '{\"id\": \"…\"}'")?;
    let app = with_progress("loading", || App::open(&origin, Limits::default()))?;
    let request =
        Request { query: text, operation_name: args.operation.clone(), variables, ..Request::default() };
    let response = app.execute(&request, &app.budget());
    let json: serde_json::Value = serde_json::from_slice(&response.body).context("the answer is no JSON")?;
    let mut body = if args.compact { response.body } else { serde_json::to_vec_pretty(&json)? };
    body.push(b'\n');
    print(&body)?;
    let clean = response.outcome == Outcome::Executed && json.get("errors").is_none();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn snapshot(args: &SnapshotArgs) -> Result<ExitCode> {
    let graph = with_progress("loading", || app::load(&args.origin.origin()))?;
    let bytes = with_progress("writing", || crate::io::snapshot::write(&graph, &args.output))
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    let (entities, links) = (graph.entity_count(), graph.link_count());
    print(
        format!("{entities} entities, {links} links, version {}, {bytes} bytes\n", graph.version())
            .as_bytes(),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Writes to stdout; a reader that has left (`| head`) is no error.
fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e).context("cannot write the answer"),
        _ => Ok(()),
    }
}
