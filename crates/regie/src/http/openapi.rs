//! The description of the interface, made from the table of routes: what is served is described, and nothing else is.

use utoipa::openapi::path::{ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Info, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::problem::ProblemBody;
use super::routes;

/// OpenAPI of every route.
pub(super) fn document() -> OpenApi {
    let mut components = Components::new();
    components.add_security_scheme("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("write_key_bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components.add_security_scheme("write_key_basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    components.schemas.insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    let mut paths = PathsBuilder::new().build();
    for route in routes() {
        let mut operation = route.operation.clone();
        let security = route.security();
        if !security.is_empty() {
            operation.security = Some(security);
        }
        if route.replayed {
            let key = ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some("The same key with the same request gets the same answer, for 24 hours and while the server runs; after a restart what a request changed is not changed again, and the answer says where it stands; one that had changed nothing is judged anew"))
                .schema(Some(String::schema()))
                .build();
            operation.parameters.get_or_insert_default().push(RefOr::T(key));
        }
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
        let refused = ResponseBuilder::new().description("Refused: the code says why").content("application/problem+json", problem).build();
        operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(refused));
        components.schemas.extend(route.schemas.iter().cloned());
        paths.add_path_operation(&route.path, vec![route.method.clone()], operation);
    }
    let mut info = Info::new("Regie", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Personalisation that its customers direct. In bodies a customer is named `c_…`, `user:ID` or `anonymous:ID`; in paths and queries only `c_…`. \
         Errors are application/problem+json with a stable `code`."
            .to_owned(),
    );
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}
