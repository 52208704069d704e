//! The command line, and the only place where settings are read: arguments first, then the
//! environment variables that `--help` names beside them.

mod args;
mod keep;

use std::collections::BTreeMap;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser as _;

use self::args::{
    Check, Cli, Command, DiffArgs, ExportArgs, ImportArgs, LogFormat, MatchArgs, McpArgs, QueryArgs,
    QuoteArgs, SchemaArgs, Serve, SnapshotArgs, SourceArgs, SourceCommand, SuggestArgs,
};
use crate::app::access::Access;
use crate::app::export::Part;
use crate::app::identity::Provider;
use crate::app::import::{Import, Imported};
use crate::app::{self, App, Origin};
use crate::graphql::{Api, Limits, Outcome, Request};
use crate::http::keys::{self, Keys};
use crate::http::{self, Settings, now};
use crate::io::import::Mapping;
use crate::io::words::slug;
use crate::io::{export as exports, sources};
use crate::ontology::{Date, Fault, Faults, Ontology};

/// Faults printed one by one before the rest is only counted.
const FAULTS_SHOWN: usize = 200;
/// How long the process waits for threads that still compute once all connections have ended.
const AFTER_DRAIN: Duration = Duration::from_millis(500);
/// Work that takes longer than this says so.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// Parses the command line and does what it says. 0 if all went well, 1 if data, ontology or
/// query are at fault, 2 if the command line is.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(args) => serve(args),
        Command::Check(args) => check(&args),
        Command::Schema(args) => schema(&args),
        Command::Mcp(args) => mcp(&args),
        Command::Query(args) => query(&args),
        Command::Snapshot(args) => snapshot(&args),
        Command::Import(args) => import(args),
        Command::Export(args) => export(&args),
        Command::Source(args) => source(&args),
        Command::Quote(args) => quote(&args),
        Command::Suggest(args) => suggest(&args),
        Command::Match(args) => matches(&args),
        Command::Diff(args) => diff(&args),
        Command::Token(args) => keep::token(&args),
        Command::Backup(args) => keep::backup(&args),
        Command::Restore(args) => keep::restore(&args),
        Command::Verify(args) => keep::verify(&args),
        Command::Compact(args) => keep::compact(&args),
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

/// An instance with the saved queries of a folder.
fn opened(
    origin: &Origin,
    limits: Limits,
    queries: Option<&Path>,
    sources: Option<&Path>,
) -> Result<Arc<App>> {
    completed(with_progress("loading", || App::open(origin, limits))?, queries, sources)
}

fn completed(mut app: App, queries: Option<&Path>, sources: Option<&Path>) -> Result<Arc<App>> {
    if let Some(folder) = queries {
        app = app.with_queries(folder)?;
    }
    if let Some(folder) = sources {
        app = app.with_sources(folder)?;
    }
    Ok(Arc::new(app))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

/// What is said goes to stderr: stdout belongs to the protocol.
fn mcp(args: &McpArgs) -> Result<ExitCode> {
    log_to_stderr(LogFormat::Text);
    let app = opened(&args.origin.origin(), nobody_waits(), args.queries.as_deref(), None)?;
    let runtime = runtime()?;
    let done = runtime.block_on(http::mcp::serve_stdio(app, Duration::from_secs(args.operation_time)));
    runtime.shutdown_timeout(AFTER_DRAIN);
    done.context("the client and this server do not understand one another")?;
    Ok(ExitCode::SUCCESS)
}

fn serve(args: Serve) -> Result<ExitCode> {
    log_to_stderr(args.log_format);
    let limits = Limits {
        cost: args.max_cost,
        page: args.max_page as usize,
        answer_cache_bytes: args.answer_cache_bytes,
        ..Limits::default()
    };
    let origin = args.origin.origin();
    let app = with_progress("loading", || match &args.data_dir {
        Some(dir) => App::durable(&origin, dir, limits, now()),
        None => App::open(&origin, limits),
    })?;
    let app = completed(app, args.queries.as_deref(), args.sources.as_deref())?;
    let of_folder = args.data_dir.as_ref().map(|dir| dir.join(crate::io::tokens::FILE));
    let tokens = args.tokens.or(of_folder);
    if let Some(path) = &tokens {
        // A server that knows nobody because its file is broken says so before it serves.
        crate::io::tokens::Tokens::read(path).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    }
    let mut access = tokens.map(Access::by).unwrap_or_default();
    let mut keys = None;
    if let (Some(issuer), Some(audience)) = (args.oidc_issuer, args.oidc_audience) {
        let provider = Arc::new(Provider::new(issuer, audience, args.oidc_claim));
        access = access.and(provider.clone());
        keys = Some(Keys::of(provider, args.oidc_keys.unwrap_or(keys::Source::Discovered)));
    }
    let settings = Settings {
        hosts: args.host,
        origins: args.allow_origin,
        access: Arc::new(access),
        keys,
        rates: Arc::new(http::rates::Rates::of(args.rate, args.rate_cost)),
        proxies: args.proxies,
        private: args.private,
        only_saved_queries: args.only_saved_queries,
        body_bytes: args.body_bytes,
        operation_time: Duration::from_secs(args.operation_time),
        connections: args.connections as usize,
        ..Settings::default()
    };
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        if let Some(keys) = &settings.keys {
            match (keys.fetch().await, &keys.source) {
                (Ok(count), _) => tracing::info!(target: "access", count, "keys of the identity provider"),
                (Err(why), keys::Source::File(_)) => anyhow::bail!("{why}"),
                // It may be away just now; it is asked again when somebody comes with a token of its.
                (Err(why), _) => tracing::error!(target: "access", %why, "no key of the identity provider yet"),
            }
        }
        let stop = http::serve::stop_signal().context("cannot listen for signals")?;
        let listener = http::serve::bind(args.listen).await?;
        let address = listener.local_addr().context("the socket has no address")?;
        let view = app.view();
        tracing::info!(entities = view.entity_count(), links = view.link_count(), version = %view.version(), "ready");
        let mut out = std::io::stdout().lock();
        // Whoever started us may not read it; that is no reason not to serve.
        drop(writeln!(out, "http://{address}").and_then(|()| out.flush()));
        drop(out);
        let warmed = app.clone();
        tokio::task::spawn_blocking(move || http::warm(&warmed));
        if let Some(address) = args.metrics {
            let listener = http::serve::bind(address).await?;
            tracing::info!(address = %listener.local_addr()?, "metrics");
            let router = http::metrics::router(app.clone(), settings.metrics.clone());
            let settings = settings.clone();
            tokio::spawn(async move { http::serve::serve(listener, router, &settings, std::future::pending()).await });
        }
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
    Api::new(graph.ontology(), Limits::default()).map_err(anyhow::Error::msg)?;
    let overview = app::overview(&graph);
    let mut said = format!(
        "{} entities, {} links ({} inferred), version {}\n",
        overview.entities, overview.links, overview.inferred, overview.version
    );
    if args.counts {
        let kinds = overview.kinds.iter().map(|kind| (&kind.name, kind.count));
        let relations = overview.relations.iter().map(|(name, count)| (name, *count));
        kinds.chain(relations).for_each(|(name, count)| said += &format!("{name:<20}{count:>8}\n"));
    }
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
            for (id, links) in &verification.changed {
                said += &format!("the text of {id} is another than was recorded; {links} links rest on it\n");
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

/// Today by the system's clock, in UTC.
fn today() -> Result<Date> {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .context("the clock is before 1970")?;
    let days = i64::try_from(since.as_secs() / 86_400)?;
    let epoch = Date::constant(1970, 1, 1);
    epoch.checked_add(jiff::Span::new().try_days(days)?).context("the clock is beyond the calendar")
}

fn schema(args: &SchemaArgs) -> Result<ExitCode> {
    let ontology = Origin { schema: args.ontology.schema.clone(), data: Vec::new() }.ontology()?;
    if args.lines {
        let schema = crate::io::line_schema::line_schema(&ontology);
        print(format!("{schema:#}\n").as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.shacl {
        let mut shapes = Vec::new();
        crate::io::shacl::write(&ontology, &mut shapes).context("the shapes cannot be written")?;
        print(&shapes)?;
        return Ok(ExitCode::SUCCESS);
    }
    let declaration = crate::graphql::declare::declare(&ontology).map_err(anyhow::Error::msg)?;
    print(declaration.sdl.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn query(args: &QueryArgs) -> Result<ExitCode> {
    let origin = Origin { schema: args.ontology.schema.clone(), data: args.data.clone() };
    let (_, request) = request_of(&args.file, &args.variables)?;
    let request = Request { operation_name: args.operation.clone(), ..request };
    let app = with_progress("loading", || App::open(&origin, nobody_waits()))?;
    let response = app.execute(&request, &app.budget());
    let json: serde_json::Value = serde_json::from_slice(&response.body).context("the answer is no JSON")?;
    let mut body = if args.compact { response.body } else { serde_json::to_vec_pretty(&json)? };
    body.push(b'\n');
    print(&body)?;
    let clean = response.outcome == Outcome::Executed && json.get("errors").is_none();
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A search may take its time where nobody else waits.
fn nobody_waits() -> Limits {
    Limits { index_at_once: usize::MAX, ..Limits::default() }
}

/// The query of a file, with what its first comment calls it.
fn request_of(file: &Path, variables: &str) -> Result<(String, Request)> {
    let mut query = String::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut query).context("cannot read the query from standard input")?;
    } else {
        query = crate::io::read_text(file).map_err(|fault| Faults(vec![fault]))?.1;
    }
    let variables = serde_json::from_str(variables)
        .context("--variables takes a JSON object, such as '{\"id\": \"…\"}'")?;
    let title = query.lines().next().and_then(|line| line.strip_prefix('#')).map(str::trim);
    let title = title.filter(|title| !title.is_empty()).unwrap_or("An answer").to_owned();
    Ok((title, Request { query, variables, ..Request::default() }))
}

fn import(args: ImportArgs) -> Result<ExitCode> {
    let program = args.map.as_deref().map(Mapping::program).transpose();
    let mapping = Mapping {
        program: program.map_err(|fault| Faults(vec![fault]))?,
        format: args.format,
        path: args.rows.iter().flat_map(|rows| rows.split('/')).map(str::to_owned).collect(),
        delimiter: args.delimiter,
        encoding: args.encoding,
        args: args.args,
        keep_going: args.keep_going,
    };
    let import = Import {
        files: args.files,
        mapping,
        base: Origin { schema: args.ontology.schema, data: args.data },
        output: args.output,
        into: args.into,
        scratch: std::env::temp_dir().join(format!("throughline-{}.partial", std::process::id())),
        dry_run: args.dry_run,
        stream: args.stream,
    };
    let began = Instant::now();
    let report = with_progress("importing", || import.run(&mut std::io::stdout()))?;
    say_import(&report, &import, began.elapsed());
    Ok(ExitCode::SUCCESS)
}

fn say_import(report: &Imported, import: &Import, took: Duration) {
    let made = &report.made;
    made.notes.iter().for_each(|note| say(note));
    let listed = made.reasons.iter().chain(&report.refused);
    listed.take(FAULTS_SHOWN).for_each(|fault| say(&fault.to_string()));
    say(&format!(
        "{} rows, {} lines, {} repetitions left out, {:.1} s",
        made.rows,
        made.lines,
        made.repeated,
        took.as_secs_f64()
    ));
    let reasons = |what: &str, all: &BTreeMap<String, usize>| {
        if all.is_empty() {
            return;
        }
        say(&format!("{} {what} refused:", all.values().sum::<usize>()));
        all.iter().for_each(|(reason, count)| say(&format!("  {count:>8}  {reason}")));
    };
    reasons("rows", &made.by_reason);
    reasons("lines", &report.by_reason);
    if !import.stream {
        say(&format!(
            "{} added, {} changed, {} unchanged{}",
            report.added.values().sum::<usize>(),
            report.changed,
            report.unchanged,
            if import.dry_run { "; nothing was written" } else { "" }
        ));
        report.added.iter().for_each(|(name, count)| say(&format!("  {count:>8}  {name}")));
    }
}

/// Entities that a part of the graph may have: nobody else waits.
const PART_ENTITIES: usize = 1_000_000;

fn export(args: &ExportArgs) -> Result<ExitCode> {
    if args.formats {
        let list =
            exports::FORMATS.iter().map(|f| format!("{:<14}{:<34}{}\n", f.name, f.media_type, f.title));
        print(list.collect::<String>().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = args.map.as_deref().map(crate::io::read_text).transpose();
    let program = program.map_err(|fault| Faults(vec![fault]))?;
    let part = match (args.neighborhood.as_slice(), &args.trail, args.items.as_slice()) {
        ([], None, []) => Part::Whole,
        ([], Some(of), _) => Part::Trail { of: of.clone(), depth: args.depth },
        ([], _, of) => Part::Items { of: of.to_vec() },
        (of, ..) => Part::Neighborhood { of: of.to_vec(), depth: args.depth },
    };
    let is_part = part != Part::Whole || args.query.is_some();
    if let Some(format) =
        args.format.filter(|format| is_part && !format.takes_selection() && !format.needs_answer())
    {
        bail!(
            "{} is not written of a part; leave --neighborhood, --trail, --items and --query out, or take another format",
            format.name
        );
    }
    if let Some(format) = args.format.filter(|format| args.query.is_none() && format.needs_answer()) {
        bail!("{} is of an answer; name the query by --query", format.name);
    }
    let origin = args.origin.origin();
    let graph = with_progress("loading", || app::load(&origin)).map(Arc::new)?;
    let budget = Arc::new(app::Budget::new(u64::MAX));
    let selection = match &args.query {
        None => app::export::select(&graph, &part, PART_ENTITIES, &budget),
        Some(file) => {
            let (title, request) = request_of(file, &args.variables)?;
            let api = Api::new(graph.ontology(), nobody_waits()).map_err(anyhow::Error::msg)?;
            app::export::answer(&api, &graph, title, &request, &budget)
        }
    };
    let selection = selection.map_err(|why| anyhow::Error::msg(why.to_string()))?;
    let of = args.of.iter().map(|id| ("of".to_owned(), id.clone()));
    let options = exports::Options {
        bom: args.bom,
        guard: !args.no_guard,
        args: of.chain(args.args.iter().cloned()).collect(),
    };
    let is_archive = |output: &PathBuf| output.extension().is_some_and(|ending| ending == "zip");
    if let Some(format) = args.format.filter(|format| format.is_folder())
        && let Some(folder) = args.output.as_ref().filter(|output| !is_archive(output))
    {
        format.write_folder(&graph, &selection, &options, folder).map_err(Faults)?;
        return Ok(ExitCode::SUCCESS);
    }
    let shape = if args.xml { exports::Shape::Xml } else { exports::Shape::JsonLines };
    let write = |out: &mut dyn Write| match (args.format, &program) {
        (Some(format), _) => format.write(&graph, &selection, &options, out),
        (None, Some((file, code))) => exports::write_by((file, code), shape, &graph, &options.args, out),
        (None, None) => Ok(()),
    };
    let whole = |out: &mut dyn Write| {
        let mut out = BufWriter::with_capacity(1 << 20, out);
        write(&mut out).and_then(|()| out.flush())
    };
    let (target, written) = match &args.output {
        Some(output) => (output.display().to_string(), crate::io::replace(output, whole)),
        None => ("standard output".to_owned(), whole(&mut std::io::stdout().lock())),
    };
    match written {
        // A reader that has left (`| head`) is no error.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => match e.downcast::<Faults>() {
            Ok(faults) => Err(faults.into()),
            Err(e) => Err(Faults(vec![crate::io::cannot_be_written(target, &e)]).into()),
        },
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn source(args: &SourceArgs) -> Result<ExitCode> {
    let SourceCommand::Add(args) = &args.command;
    let ontology = Origin { schema: args.ontology.schema.clone(), data: Vec::new() }.ontology()?;
    let kind = ontology.kind(ontology.source_kind());
    let kept = sources::keep(&args.file, &args.sources, &args.id, args.url.as_ref())
        .map_err(|fault| Faults(vec![fault]))?;
    let url = args.url.as_ref().map(ToString::to_string).or(kept.page.canonical);
    let name = args.name.clone().or(kept.page.title).unwrap_or_else(|| args.id.clone());
    let mut line = serde_json::json!({"source": format!("{}/{}", kind.prefix, args.id), "kind": kind.name, "name": name});
    let given = [
        ("url", url),
        ("retrieved", args.retrieved.map(|day| day.to_string())),
        ("archivedUrl", args.archive.as_ref().map(ToString::to_string)),
    ];
    for (property, value) in given {
        let Some(value) = value else { continue };
        if ontology.property_of(ontology.source_kind(), property).is_none() {
            bail!("the ontology's sources have no property `{property}`; leave the option out");
        }
        line[property] = value.into();
    }
    line["text"] = serde_json::json!({"file": kept.file, "sha256": kept.sha256});
    print(format!("{line}\n").as_bytes())?;
    let around = kept.page.boilerplate.lines().count();
    say(&format!("kept {} lines in {}, {around} lines beside it", kept.page.main.lines().count(), kept.file));
    Ok(ExitCode::SUCCESS)
}

fn quote(args: &QuoteArgs) -> Result<ExitCode> {
    let source = match &args.source {
        Some(id) => id.clone(),
        None => source_of(
            &Origin { schema: args.ontology.schema.clone(), data: Vec::new() }.ontology()?,
            &args.file,
        ),
    };
    let found = sources::quote(&args.file, &source, &args.words, args.sentence)
        .map_err(|fault| Faults(vec![fault]))?;
    print(found.iter().map(|piece| format!("{piece}\n")).collect::<String>().as_bytes())?;
    if found.is_empty() {
        say("these words do not stand in the text, in this order");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The id that a file's source has by its name.
fn source_of(ontology: &Ontology, file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    format!("{}/{}", ontology.kind(ontology.source_kind()).prefix, slug(&stem))
}

fn suggest(args: &SuggestArgs) -> Result<ExitCode> {
    let origin = args.origin.origin();
    let ontology = origin.ontology()?;
    let source = args.source.clone().unwrap_or_else(|| source_of(&ontology, &args.file));
    let mut found =
        with_progress("reading", || app::suggest::suggest(&ontology, origin.inputs(), &args.file, &source))?;
    found.lines.retain(|line| line["score"].as_f64() >= Some(args.least));
    // What the data say already needs no decision.
    let new = found.lines.iter().filter(|line| !found.is_known(line));
    write_lines(args.output.as_deref(), new.clone())?;
    let links = new.clone().filter(|line| !line["proposal"]["link"].is_null()).count();
    say(&format!(
        "{} known names, {} links that the data have; proposed: {} new names, {links} links; put ACCEPTED or REJECTED for UNDECIDED and load the file with the data",
        found.known.len(),
        found.links_known.len(),
        new.count() - links,
    ));
    if !args.against.is_empty() {
        let drawn = args.against.iter().cloned().map(crate::io::Input::File).collect();
        let comparison = app::suggest::compare(&ontology, &found, drawn)?;
        say(&format!("entities: {}", comparison.entities));
        for (least, rate) in &comparison.links {
            say(&format!("links from {least} on: {rate}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes lines to a file as a whole, or to stdout.
fn write_lines<'a>(output: Option<&Path>, lines: impl Iterator<Item = &'a serde_json::Value>) -> Result<()> {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    match output {
        Some(output) => crate::io::replace(output, |out| out.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", output.display())),
        None => print(text.as_bytes()),
    }
}

fn matches(args: &MatchArgs) -> Result<ExitCode> {
    let origin = Origin { schema: args.ontology.schema.clone(), data: args.data.clone() };
    let ontology = origin.ontology()?;
    let found = with_progress("matching", || app::matches::suggest(&ontology, origin.inputs()))?;
    let lines = found.lines.iter().filter(|line| line["score"].as_f64() >= Some(args.least));
    write_lines(args.output.as_deref(), lines.clone())?;
    let same = lines.clone().filter(|line| line["score"] == 1.0).count();
    say(&format!(
        "{same} pairs share an identifier and are decided SAME; {} are UNDECIDED; {} were decided before",
        lines.count() - same,
        found.decided
    ));
    Ok(ExitCode::SUCCESS)
}

fn diff(args: &DiffArgs) -> Result<ExitCode> {
    let load =
        |data: &[PathBuf]| app::load(&Origin { schema: args.ontology.schema.clone(), data: data.to_vec() });
    let (before, now) = with_progress("loading", || (load(&args.from), load(&args.to)));
    let difference = app::import::difference(&before?, &now?);
    let mut said = String::new();
    difference.gone.iter().for_each(|line| said += &format!("- {line}\n"));
    for (before, now) in &difference.changed {
        said += &format!("< {before}\n> {now}\n");
    }
    difference.added.iter().for_each(|line| said += &format!("+ {line}\n"));
    print(said.as_bytes())?;
    let [added, gone, changed] = [difference.added.len(), difference.gone.len(), difference.changed.len()];
    say(&format!("{added} added, {gone} gone, {changed} changed"));
    Ok(ExitCode::SUCCESS)
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
