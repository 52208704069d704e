//! What the command line takes.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::app::Origin;
use crate::graphql::{Limits, Scope};
use crate::http::{keys, settings};
use crate::io::export;
use crate::io::import::{Format, Mapping};
use crate::io::tokens;
use crate::ontology::Date;

/// Who does what, why, for whom and on what evidence: a policy knowledge graph asked over
/// GraphQL, every link with the words that support it.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all well, 1 the data, ontology or query is at fault, 2 the command line is.\n\nBegin with: throughline serve"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Answer over HTTP until stopped.
    Serve(Serve),
    /// Validate an ontology and its data; with --sources, find every quote word for word.
    Check(Check),
    /// Print the GraphQL schema of an ontology, or the JSON Schema of its data.
    Schema(SchemaArgs),
    /// Answer an assistant over standard input and output, by the Model Context Protocol; serve does so at /mcp.
    Mcp(McpArgs),
    /// Answer one query in the terminal, with no server.
    Query(QueryArgs),
    /// Write the data as one file that opens several times faster; --data takes it under the same ontology.
    Snapshot(SnapshotArgs),
    /// Make lines of our format: from rows of CSV, TSV, JSON, JSON Lines, YAML or XML by a jq program, or from tables, GraphML and RDF that hold our entities and links.
    Import(ImportArgs),
    /// Write the data, or a plan of them, as another format, or as whatever a jq program makes of them.
    Export(ExportArgs),
    /// Keep the text of a page or file, so that what is quoted from it can be checked for ever.
    Source(SourceArgs),
    /// The evidence for a passage of a text, from a few of its words.
    Quote(QuoteArgs),
    /// Propose entities and links that a new page may speak of, each with its quote, as a file to review; data are loaded with it.
    Suggest(SuggestArgs),
    /// Suggest which entities of several data sets are one, as a file of matches to review; data are loaded with it.
    Match(MatchArgs),
    /// What one set of data has otherwise than another: added, gone, changed, with the evidence of both.
    Diff(DiffArgs),
    /// Make, list and revoke the tokens that let somebody write to a server.
    Token(TokenArgs),
    /// Write all that a data folder keeps as one file; while a server uses it, too.
    Backup(BackupArgs),
    /// Make a data folder of a backup, of an older version, or of what is whole of a damaged one.
    Restore(RestoreArgs),
    /// Replay the whole history of a data folder or backup, and say whether it is what was written.
    Verify(VerifyArgs),
    /// Give back room that a data folder does not need, with the server stopped; --forget drops old versions.
    Compact(CompactArgs),
}

/// Room for about a thousand answers of the size of a page.
const ANSWER_CACHE_BYTES: usize = 32 << 20;

#[derive(Args, Debug)]
pub(super) struct OntologyArgs {
    /// Ontology in SDL; may be given several times. The embedded policy ontology if absent.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_SCHEMA", value_delimiter = ',')]
    pub(super) schema: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct SchemaArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// SHACL shapes for the data as RDF instead.
    #[arg(long, conflicts_with = "lines")]
    pub(super) shacl: bool,
    /// The JSON Schema of a line of data instead.
    #[arg(long)]
    pub(super) lines: bool,
}

#[derive(Args, Debug)]
pub(super) struct OriginArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// Data in JSON Lines, a snapshot before them or alone; may be given several times. The embedded seed if neither this nor --schema is given.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_DATA", value_delimiter = ',', num_args = 1..)]
    pub(super) data: Vec<PathBuf>,
}

impl OriginArgs {
    pub(super) fn origin(&self) -> Origin {
        Origin { schema: self.ontology.schema.clone(), data: self.data.clone() }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Args, Debug)]
pub(super) struct Serve {
    #[command(flatten)]
    pub(super) origin: OriginArgs,
    /// Where to listen; port 0 picks a free one. The first line on stdout is the base URL, printed once it answers.
    #[arg(long, value_name = "ADDR", env = "THROUGHLINE_LISTEN", default_value = "127.0.0.1:4000")]
    pub(super) listen: SocketAddr,
    /// A name this server answers to, besides addresses and localhost; may be given several times.
    #[arg(long, value_name = "NAME", env = "THROUGHLINE_HOST", value_delimiter = ',')]
    pub(super) host: Vec<String>,
    /// An origin such as https://example.org whose pages may read and write; if absent, all pages may read and none may write.
    #[arg(long, value_name = "ORIGIN", env = "THROUGHLINE_ALLOW_ORIGIN", value_delimiter = ',')]
    pub(super) allow_origin: Vec<String>,
    /// Seconds one operation may run.
    #[arg(long, value_name = "SECONDS", env = "THROUGHLINE_OPERATION_TIME", default_value_t = settings::OPERATION_TIME.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) operation_time: u64,
    /// Bytes a request body may have.
    #[arg(long, value_name = "BYTES", env = "THROUGHLINE_BODY_BYTES", default_value_t = settings::BODY_BYTES)]
    pub(super) body_bytes: usize,
    /// Connections at once.
    #[arg(long, value_name = "N", env = "THROUGHLINE_CONNECTIONS", default_value_t = settings::CONNECTIONS as u32, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) connections: u32,
    /// Requests a second of one client (a token, or an address), ten seconds' worth at once; this machine itself is not counted. 0 is no limit
    #[arg(long, value_name = "N", env = "THROUGHLINE_RATE", default_value_t = settings::RATE)]
    pub(super) rate: u64,
    /// Nodes a second of one client by the static cost of what it asked, ten seconds' worth at once. 0 is no limit
    #[arg(long, value_name = "NODES", env = "THROUGHLINE_RATE_COST", default_value_t = settings::RATE_COST)]
    pub(super) rate_cost: u64,
    /// Proxies before this server, each of which ends X-Forwarded-For with the address that asked it: clients are told apart by that
    #[arg(long, value_name = "N", env = "THROUGHLINE_PROXIES", default_value_t = 0)]
    pub(super) proxies: usize,
    /// Nodes one answer may hold, by static cost.
    #[arg(long, value_name = "NODES", env = "THROUGHLINE_MAX_COST", default_value_t = Limits::default().cost)]
    pub(super) max_cost: u64,
    /// Items one page may have.
    #[arg(long, value_name = "ITEMS", env = "THROUGHLINE_MAX_PAGE", default_value_t = Limits::default().page as u32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) max_page: u32,
    /// Folder of saved queries, a file name.graphql each: /q/<name> answers it. They add to those that come with the program
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_QUERIES")]
    pub(super) queries: Option<PathBuf>,
    /// Folder with the texts of the sources: their pages show them whole, with the quotes marked
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_SOURCES")]
    pub(super) sources: Option<PathBuf>,
    /// Bytes of answers kept for as long as the data are the same; 0 executes every request
    #[arg(long, value_name = "BYTES", env = "THROUGHLINE_ANSWER_CACHE_BYTES", default_value_t = ANSWER_CACHE_BYTES)]
    pub(super) answer_cache_bytes: usize,
    /// Folder that keeps the data: begun with --data or the seed, and opened as it is from then on. Without it, what is changed ends with the process
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA_DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// File of tokens; tokens.json in the data folder if absent
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_TOKENS")]
    pub(super) tokens: Option<PathBuf>,
    /// The name of an identity provider (OpenID Connect) that vouches for callers, as it stands in its tokens: https://…
    #[arg(long, value_name = "URL", env = "THROUGHLINE_OIDC_ISSUER", requires = "oidc_audience")]
    pub(super) oidc_issuer: Option<String>,
    /// What its tokens are for where they are for this server
    #[arg(long, value_name = "NAME", env = "THROUGHLINE_OIDC_AUDIENCE", requires = "oidc_issuer")]
    pub(super) oidc_audience: Option<String>,
    /// Its keys, a JSON Web Key Set; where the provider itself says if absent
    #[arg(long, value_name = "FILE|URL", env = "THROUGHLINE_OIDC_KEYS", requires = "oidc_issuer", value_parser = keys_at)]
    pub(super) oidc_keys: Option<keys::Source>,
    /// The claim with scopes, by name or by path (realm_access.roles), in words such as throughline:write
    #[arg(long, value_name = "CLAIM", env = "THROUGHLINE_OIDC_CLAIM", default_value = "scope")]
    pub(super) oidc_claim: String,
    /// Let nobody read who brings no token
    #[arg(long, env = "THROUGHLINE_PRIVATE")]
    pub(super) private: bool,
    /// Execute saved questions alone: other documents are refused at /graphql, /export?query= and /mcp
    #[arg(long, env = "THROUGHLINE_ONLY_SAVED_QUERIES")]
    pub(super) only_saved_queries: bool,
    /// Address of its own for /metrics in the text of Prometheus; none if absent
    #[arg(long, value_name = "ADDR", env = "THROUGHLINE_METRICS")]
    pub(super) metrics: Option<SocketAddr>,
    /// How requests are logged, on stderr. THROUGHLINE_LOG filters, as in `warn` or `request=info`.
    #[arg(long, value_enum, env = "THROUGHLINE_LOG_FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
}

#[derive(Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) origin: OriginArgs,
    /// Folder with the texts of the sources; every quote is looked for there.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_SOURCES")]
    pub(super) sources: Option<PathBuf>,
    /// Say how many entities each kind has, and how many links each relation.
    #[arg(long)]
    pub(super) counts: bool,
    /// Record hash, status and date of the verification in the data files.
    #[arg(long, requires = "sources", requires = "data")]
    pub(super) write: bool,
    /// The day to record, YYYY-MM-DD; today if absent.
    #[arg(long, value_name = "DAY", requires = "write", value_parser = day)]
    pub(super) today: Option<Date>,
}

#[derive(Args, Debug)]
pub(super) struct QueryArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// Data in JSON Lines, a snapshot before them or alone; may be given several times. The embedded seed if neither this nor --schema is given.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_DATA", value_delimiter = ',')]
    pub(super) data: Vec<PathBuf>,
    /// A file with the query; - reads standard input.
    #[arg(value_name = "FILE|-")]
    pub(super) file: PathBuf,
    /// Variables as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(super) variables: String,
    /// Which operation, where the file has several.
    #[arg(long, value_name = "NAME")]
    pub(super) operation: Option<String>,
    /// The answer on one line.
    #[arg(long)]
    pub(super) compact: bool,
}

#[derive(Args, Debug)]
pub(super) struct McpArgs {
    #[command(flatten)]
    pub(super) origin: OriginArgs,
    /// Folder of saved queries, a file name.graphql each: they add to those that come with the program
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_QUERIES")]
    pub(super) queries: Option<PathBuf>,
    /// Seconds one call may run.
    #[arg(long, value_name = "SECONDS", env = "THROUGHLINE_OPERATION_TIME", default_value_t = settings::OPERATION_TIME.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) operation_time: u64,
}

#[derive(Args, Debug)]
pub(super) struct SnapshotArgs {
    #[command(flatten)]
    pub(super) origin: OriginArgs,
    /// The file to write; replaced as a whole where it is there.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// The program that makes lines of a row, or the name of a built-in one: stratml. Without it, the files hold our entities and links already: as lines, or as export writes them: tables (datapackage.json names all), GraphML, RDF. It is jq, with $file, $row, $first, $args, and slug, fold, compact, once, here, quoted, inferred, entity, link, refuse.
    #[arg(long, value_name = "PROGRAM")]
    pub(super) map: Option<PathBuf>,
    /// The files to read; .gz is unpacked.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Data that the lines may name and are compared with; may be given several times.
    #[arg(long, value_name = "FILE", value_delimiter = ',', conflicts_with = "into")]
    pub(super) data: Vec<PathBuf>,
    /// The file to write the lines to; replaced as a whole. Standard output if absent.
    #[arg(long, short, value_name = "FILE", conflicts_with = "into")]
    pub(super) output: Option<PathBuf>,
    /// A file of lines to add all to: what it has under the same id is put anew, the whole or nothing.
    #[arg(long, value_name = "FILE")]
    pub(super) into: Option<PathBuf>,
    /// What the files are made of, where their names do not tell: csv, tsv, json, jsonl, yaml, xml, graphml, turtle, trig, ntriples, nquads, json-ld.
    #[arg(long, value_name = "FORMAT", value_parser = format_named)]
    pub(super) format: Option<Format>,
    /// Where the rows stand within a document: keys or elements from the outside in, with / between them.
    #[arg(long, value_name = "PATH")]
    pub(super) rows: Option<String>,
    /// The character between cells, where it is neither a comma (csv) nor a tab (tsv).
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(super) delimiter: Option<u8>,
    /// The encoding of the files, such as macintosh; told from their bytes if absent.
    #[arg(long, value_name = "NAME", value_parser = Mapping::encoding_of)]
    pub(super) encoding: Option<&'static encoding_rs::Encoding>,
    /// A value that the program finds as $args.NAME; for RDF, base=IRI and source=ID of the source that it is by. May be given several times.
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = named_value)]
    pub(super) args: Vec<(String, String)>,
    /// Leave refused rows and lines out, and list them, instead of stopping at the first.
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Say what would happen, and write nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write lines as they are made, in memory that does not grow with them; what they mean is judged by whoever loads them.
    #[arg(long, conflicts_with_all = ["data", "into", "dry_run"])]
    pub(super) stream: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    pub(super) origin: OriginArgs,
    /// The format; --formats lists all.
    #[arg(long, value_name = "FORMAT", required_unless_present_any = ["map", "formats"], value_parser = written_as)]
    pub(super) format: Option<&'static export::Format>,
    /// A program of your own instead: jq over nothing, with $args, and get, linked, ids, follow, first_day, last_day, element, filled, slug, fold, compact, refuse. It writes JSON Lines.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "format")]
    pub(super) map: Option<PathBuf>,
    /// The program gives one element of XML, {t: name, a: {attributes}, c: [children and text]}.
    #[arg(long, requires = "map")]
    pub(super) xml: bool,
    /// List the formats.
    #[arg(long)]
    pub(super) formats: bool,
    /// Only what lies around these entities, given by their ids.
    #[arg(long, value_name = "ID", value_delimiter = ',', conflicts_with_all = ["trail", "of", "map"])]
    pub(super) neighborhood: Vec<String>,
    /// Only the chain of evidence of this entity, given by its id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["of", "map"])]
    pub(super) trail: Option<String>,
    /// Only these links and entities, given by their ids, with the ends of the links.
    #[arg(long, value_name = "ID", value_delimiter = ',', conflicts_with_all = ["neighborhood", "trail", "of", "map"])]
    pub(super) items: Vec<String>,
    /// Only what the answer to this query speaks of: the entities and links that it names. A file, or - for standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["neighborhood", "trail", "items", "of", "map"])]
    pub(super) query: Option<PathBuf>,
    /// Variables of the query as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}", requires = "query")]
    pub(super) variables: String,
    /// How many links from them, for --neighborhood and --trail.
    #[arg(long, value_name = "LINKS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=12))]
    pub(super) depth: u32,
    /// Begin tables with a byte order mark, by which Excel knows UTF-8.
    #[arg(long)]
    pub(super) bom: bool,
    /// Leave text as it is that a spreadsheet would run as a formula; else an apostrophe is put before it.
    #[arg(long)]
    pub(super) no_guard: bool,
    /// The id of what the document is about, such as a plan of StratML; the program finds it as $args.of.
    #[arg(long, value_name = "ID")]
    pub(super) of: Option<String>,
    /// A value that the program finds as $args.NAME; may be given several times.
    #[arg(long = "arg", value_name = "NAME=VALUE", value_parser = named_value)]
    pub(super) args: Vec<(String, String)>,
    /// The file to write; where a format is several files, a folder, or an archive if its name ends in .zip. Replaced as a whole. Standard output if absent.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct SourceArgs {
    #[command(subcommand)]
    pub(super) command: SourceCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum SourceCommand {
    /// Put the text of a page or file into the sources folder and print the source's line.
    Add(SourceAdd),
}

#[derive(Args, Debug)]
pub(super) struct SourceAdd {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// The page as it was saved, or a plain text.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The folder of the texts of sources.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_SOURCES")]
    pub(super) sources: PathBuf,
    /// The part of the source's id behind the slash.
    #[arg(long, value_name = "SLUG", value_parser = slug)]
    pub(super) id: String,
    /// Its name; the page's title if absent.
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Its address.
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<url::Url>,
    /// The day it was captured, YYYY-MM-DD.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(super) retrieved: Option<Date>,
    /// Where an archive keeps a copy.
    #[arg(long, value_name = "URL")]
    pub(super) archive: Option<url::Url>,
}

#[derive(Args, Debug)]
pub(super) struct SuggestArgs {
    #[command(flatten)]
    pub(super) origin: OriginArgs,
    /// The page: HTML as it was saved (.html), or a text as the sources folder has it.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The id of the source that the quotes stand in; made of the file's name if absent.
    #[arg(long, value_name = "ID")]
    pub(super) source: Option<String>,
    /// Only proposals at least this likely, from 0 to 1.
    #[arg(long, value_name = "SCORE", default_value_t = 0.0)]
    pub(super) least: f64,
    /// The file to write; replaced as a whole. Standard output if absent.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Lines that people made of the same page: say how many proposals are right, and how much they find.
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub(super) against: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct QuoteArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// The text, as it lies in the sources folder.
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Words of the passage in their order, whatever their case and marks; ... stands for any words of the same sentence.
    #[arg(value_name = "WORDS")]
    pub(super) words: String,
    /// The source's id; made of the file's name if absent.
    #[arg(long, value_name = "ID")]
    pub(super) source: Option<String>,
    /// Quote the whole sentence.
    #[arg(long)]
    pub(super) sentence: bool,
}

#[derive(Args, Debug)]
pub(super) struct MatchArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// The data, a match file with what was decided before among them; may be given several times.
    #[arg(long, value_name = "FILE", required = true, value_delimiter = ',', num_args = 1..)]
    pub(super) data: Vec<PathBuf>,
    /// The file to write; replaced as a whole. Standard output if absent.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Only pairs at least this sure, from 0 to 1; 1 is a shared identifier.
    #[arg(long, value_name = "SCORE", default_value_t = 0.0)]
    pub(super) least: f64,
}

#[derive(Args, Debug)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// The data as they were; may be given several times.
    #[arg(long, value_name = "FILE", required = true, value_delimiter = ',')]
    pub(super) from: Vec<PathBuf>,
    /// The data as they are.
    #[arg(long, value_name = "FILE", required = true, value_delimiter = ',')]
    pub(super) to: Vec<PathBuf>,
}

/// Where the tokens of a server are.
#[derive(Args, Debug)]
pub(super) struct TokensPlace {
    /// The data folder of the server.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA_DIR", required_unless_present = "tokens")]
    data_dir: Option<PathBuf>,
    /// Its file of tokens, where that is another than tokens.json in there.
    #[arg(long, value_name = "FILE", env = "THROUGHLINE_TOKENS")]
    tokens: Option<PathBuf>,
}

impl TokensPlace {
    pub(super) fn path(&self) -> PathBuf {
        let of_folder = || self.data_dir.clone().unwrap_or_default().join(tokens::FILE);
        self.tokens.clone().unwrap_or_else(of_folder)
    }
}

#[derive(Args, Debug)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    pub(super) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print it, once: it is kept nowhere.
    Create(TokenCreate),
    /// Say which tokens there are.
    List(TokensPlace),
    /// Take a token back; a running server knows before it answers anything more, on open sockets and streams too.
    Revoke(TokenRevoke),
}

#[derive(Args, Debug)]
pub(super) struct TokenCreate {
    #[command(flatten)]
    pub(super) place: TokensPlace,
    /// Whose it is: it stands beside what is changed with it.
    #[arg(long, value_name = "NAME")]
    pub(super) name: String,
    /// How far it reaches: read, suggest, write or admin, each with those before it.
    #[arg(long, value_name = "SCOPE", value_parser = scope)]
    pub(super) scope: Scope,
    /// Days after which it ends; never if absent.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub(super) expires: Option<u64>,
}

#[derive(Args, Debug)]
pub(super) struct TokenRevoke {
    #[command(flatten)]
    pub(super) place: TokensPlace,
    /// Whose it is.
    #[arg(long, value_name = "NAME")]
    pub(super) name: String,
}

#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA_DIR")]
    pub(super) data_dir: PathBuf,
    /// The file to write; replaced as a whole.
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// A backup, or a data folder.
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) from: PathBuf,
    /// The new data folder.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA_DIR")]
    pub(super) data_dir: PathBuf,
    /// Only up to this version.
    #[arg(long, value_name = "VERSION")]
    pub(super) until: Option<u64>,
    /// Take what is whole, up to the first version that is not.
    #[arg(long)]
    pub(super) salvage: bool,
}

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// A data folder, or a backup.
    #[arg(value_name = "DIR|FILE")]
    pub(super) place: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct CompactArgs {
    #[command(flatten)]
    pub(super) ontology: OntologyArgs,
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "THROUGHLINE_DATA_DIR")]
    pub(super) data_dir: PathBuf,
    /// Forget every version but the newest.
    #[arg(long)]
    pub(super) forget: bool,
}

fn keys_at(text: &str) -> Result<keys::Source, String> {
    match text.split_once("://") {
        Some(_) => url::Url::parse(text).map(keys::Source::Address).map_err(|e| format!("no address: {e}")),
        None => Ok(keys::Source::File(text.into())),
    }
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::parse(word).ok_or_else(|| format!("`{word}` is no scope; write read, suggest, write or admin"))
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no day; write YYYY-MM-DD"))
}

fn format_named(word: &str) -> Result<Format, String> {
    let found = Format::ALL.iter().find(|(_, words)| words.contains(&word));
    let none = || format!("`{word}` is no format; write {}", Format::names());
    found.map(|(format, _)| *format).ok_or_else(none)
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [one] => Ok(*one),
        _ => Err("write one character, such as ';'".to_owned()),
    }
}

fn named_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn slug(text: &str) -> Result<String, String> {
    let fits = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '~');
    match !text.is_empty() && text.len() <= 100 && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("write up to 100 of a-z, 0-9, - _ ~".to_owned()),
    }
}

fn written_as(word: &str) -> Result<&'static export::Format, String> {
    let names: Vec<&str> = export::FORMATS.iter().map(|format| format.name).collect();
    export::Format::named(word)
        .ok_or_else(|| format!("`{word}` cannot be written; write {}", names.join(", ")))
}
