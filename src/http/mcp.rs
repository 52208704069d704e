//! The Model Context Protocol (<https://modelcontextprotocol.io/specification/>): the tools of `app` for
//! assistants, over standard input and output or over HTTP at `/mcp`. There are no sessions: each request is
//! answered as it comes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
    ReadResourceResponse, ReadResourceResult, ResourceContents, ServerCapabilities, ServerConfig,
    ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService, stdio};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use serde_json::json;

use super::executors::Executors;
use super::{Shared, trusted};
use crate::app::App;
use crate::app::tools::{Tool, Tools};

/// The schema as a resource.
const SCHEMA: &str = "throughline://schema.graphql";

/// Answers the protocol over one instance.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    app: Arc<App>,
    tools: Arc<Tools>,
    executors: Executors,
    limit: Duration,
}

impl Handler {
    pub(super) fn new(app: Arc<App>, executors: Executors, limit: Duration) -> Handler {
        Handler { tools: Arc::new(Tools::new(app.clone())), app, executors, limit }
    }

    /// The same over HTTP. Which hosts and origins may ask is decided for all addresses alike, before.
    pub(super) fn over_http(self, body_bytes: usize) -> OverHttp {
        let settings = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(body_bytes)
            .disable_allowed_hosts();
        StreamableHttpService::new(move || Ok(self.clone()), Arc::default(), settings)
    }
}

pub(super) type OverHttp = StreamableHttpService<Handler, NeverSessionManager>;

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let offers = ServerCapabilities::builder().enable_tools().enable_resources().build();
        let program = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        ServerConfig::new(offers).with_server_info(program).with_instructions(self.tools.instructions())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let one = |Tool { name, title, description, input }: Tool| {
            let hints = ToolAnnotations::with_title(title.as_str()).read_only(true).open_world(false);
            rmcp::model::Tool::new(name, description, Arc::new(input))
                .with_title(title)
                .with_annotations(hints)
        };
        Ok(ListToolsResult::with_all_items(self.tools.list().into_iter().map(one).collect()))
    }

    async fn call_tool(
        &self,
        asked: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (tools, budget) = (self.tools.clone(), self.app.budget());
        let stop = budget.cancel_handle();
        let call = move || tools.call(&asked.name, &asked.arguments.unwrap_or_default(), &budget);
        let result = match self.executors.run(self.limit, stop, call).await {
            Ok(told) => {
                let content = vec![ContentBlock::text(told.text)];
                let mut result = if told.failed {
                    CallToolResult::error(content)
                } else {
                    CallToolResult::success(content)
                };
                result.structured_content = Some(told.structured);
                result
            }
            Err(not_run) => CallToolResult::error(vec![ContentBlock::text(not_run.to_string())]),
        };
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        // Its type has the name of a kind of some ontologies, which code does not name.
        let listed = json!({"resources": [{
            "uri": SCHEMA,
            "name": "schema.graphql",
            "title": "The GraphQL schema, every element described",
            "mimeType": "application/graphql",
            "size": self.app.sdl().len(),
        }]});
        serde_json::from_value(listed).map_err(|e| ErrorData::internal_error(e.to_string(), None))
    }

    async fn read_resource(
        &self,
        asked: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        if asked.uri != SCHEMA {
            let why = format!("there is no resource {}; there is {SCHEMA}", asked.uri);
            return Err(ErrorData::resource_not_found(why, None));
        }
        let text = ResourceContents::text(self.app.sdl(), SCHEMA).with_mime_type("application/graphql");
        Ok(ReadResourceResult::new(vec![text]).into())
    }
}

/// `/mcp`.
pub(super) async fn handle(State(shared): State<Shared>, request: Request) -> Response {
    // One of its tools takes any document.
    match trusted::closed(&shared) {
        Some(refusal) => refusal,
        None => shared.mcp.handle(request).await.map(Body::new),
    }
}

/// Answers over standard input and output until the input ends.
///
/// # Errors
/// What the streams give; a client that does not speak the protocol.
pub async fn serve_stdio(app: Arc<App>, limit: Duration) -> io::Result<()> {
    let service =
        Handler::new(app, Executors::new(), limit).serve(stdio()).await.map_err(io::Error::other)?;
    service.waiting().await.map_err(io::Error::other)?;
    Ok(())
}
