import type { CodegenConfig } from "@graphql-codegen/cli";

const server = process.env["THROUGHLINE_URL"] ?? "http://127.0.0.1:4000";

const config: CodegenConfig = {
  // The server gives its schema as text: with its descriptions, and without introspection.
  schema: { [`${server}/schema.graphql`]: { handleAsSDL: true, method: "GET" } },
  documents: "src/**/*.graphql",
  importExtension: ".js",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        // Documents are strings with a type, so that nothing of GraphQL is loaded at run time.
        documentMode: "string",
        useTypeImports: true,
        scalars: { ID: "string", URL: "string", Date: "string", EDTF: "string" },
      },
    },
  },
};

export default config;
