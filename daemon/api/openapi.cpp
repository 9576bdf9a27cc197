// The contract, as OpenAPI 3.1 has it: from the table of routes, so that it cannot say another thing than
// they do.
#include "core/base/text.hpp"
#include "daemon/api/api.hpp"
#include "daemon/api/resources.hpp"
#include "daemon/api/shapes.hpp"

namespace smscrm {
namespace {

constexpr const char* base = "/api/v1/tenants/{tenant}";
constexpr const char* person_base = "/api/v1";

std::vector<std::string> names_in(std::string_view path) {
  std::vector<std::string> names;
  for (auto begin = path.find('{'); begin != std::string_view::npos; begin = path.find('{', begin)) {
    const auto end = path.find('}', begin);
    names.emplace_back(path.substr(begin + 1, end - begin - 1));
    begin = end;
  }
  return names;
}

Json header(const char* name, const char* about, bool required) {
  return {{"name", name},
          {"in", "header"},
          {"required", required},
          {"description", about},
          {"schema", {{"type", "string"}}}};
}

Json path_parameters(const std::string& path) {
  Json all = Json::array();
  for (const auto& name : names_in(path))
    all.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  return all;
}

Json body_of(const ApiFields& fields) {
  return {{"required", true}, {"content", {{"application/json", {{"schema", to_schema(fields)}}}}}};
}

// By a key, or by the cookie of a session; what changes something with its token. `by_key`: programs may.
Json security_of(const std::string& method, bool by_key) {
  Json session{{"session", Json::array()}};
  if (method != "GET") session["csrf"] = Json::array();
  Json all = Json::array();
  if (by_key) all.push_back({{"key", Json::array()}});
  all.push_back(std::move(session));
  return all;
}

Json parameters_of(const ApiRoute& route) {
  Json all = path_parameters(base + route.path);
  for (const auto& field : route.query) {
    auto schema = to_schema(field);
    schema.erase("description");
    all.push_back({{"name", field.name}, {"in", "query"}, {"description", field.about}, {"schema", schema}});
  }
  if (route.takes_key)
    all.push_back(header("Idempotency-Key", "Any text of your own: the same request again does nothing more.",
                         route.needs_key));
  if (route.needs_match) all.push_back(header("If-Match", "The ETag of what you have read.", true));
  return all;
}

// What a request may be answered besides its success.
std::vector<int> refusals_of(const ApiRoute& route) {
  std::vector<int> all{400, 401, 403, 404, 429, 500, 503};
  if (!route.body.empty()) all.insert(all.end(), {413, 415});
  if (route.method != "GET") all.push_back(409);
  if (route.method != "GET" || !route.query.empty()) all.push_back(422);
  if (route.needs_key || route.needs_match) all.push_back(428);
  if (route.needs_match) all.push_back(412);
  return all;
}

// `path` below /api/v1.
Json responses_of(const std::string& method, const std::string& path, const std::vector<int>& refusals) {
  Json all = Json::object();
  if (const auto schema = answer_schema(method, path); schema.is_null())
    all["204"] = {{"description", "It is done."}};
  else
    all["2XX"] = {{"description", "It is done."},
                  {"content",
                   {{schema.value("type", "") == "string" ? "text/event-stream" : "application/json",
                     {{"schema", schema}}}}}};
  if (method == "GET") all["304"] = {{"description", "It is as If-None-Match says."}};
  for (const int status : refusals)
    all[fmt::format("{}", status)] = {
        {"$ref", fmt::format("#/components/responses/{}", status == 413 ? "too_long" : "problem")}};
  return all;
}

// "get_contacts_contact"
std::string operation_id(const std::string& method, const std::string& path) {
  auto id = to_lower(method) + (path.empty() ? "_tenant" : path);
  std::string text;
  for (const char c : id) {
    if (c == '{' || c == '}') continue;
    text += c == '/' || c == '-' ? '_' : c;
  }
  return text;
}

Json operation_of(const ApiRoute& route) {
  const auto& scope = get_scope(route.scope);
  Json operation{
      {"operationId", operation_id(route.method, route.path)},
      {"summary", route.summary},
      {"description",
       fmt::format("Needs the scope {}{}.", route.scope,
                   scope.fresh ? ", which no API key has, and a password given within ten minutes" : "")},
      {"tags", {route.path.empty() ? "tenant" : split(route.path, '/').at(1)}},
      {"x-scope", route.scope},
      {"security", security_of(route.method, !scope.fresh)},
      {"parameters", parameters_of(route)}};
  if (!route.body.empty()) operation["requestBody"] = body_of(route.body);
  operation["responses"] = responses_of(route.method, "/tenants/{tenant}" + route.path, refusals_of(route));
  return operation;
}

Json operation_of(const PersonRoute& route) {
  using Who = PersonRoute::Who;
  const bool is_public = route.who == Who::anybody;
  Json operation{{"operationId", operation_id(route.method, "/own" + route.path)},
                 {"summary", route.summary},
                 {"description", is_public ? "For anybody, from a page of ours."
                                 : route.who == Who::fresh
                                     ? "For whoever is signed in and gave the password within ten minutes."
                                     : "For whoever is signed in."},
                 {"tags", {split(route.path, '/').at(1)}},
                 {"x-scope", is_public                 ? "public"
                             : route.who == Who::fresh ? "session, fresh"
                                                       : "session"},
                 {"security", is_public ? Json::array() : security_of(route.method, false)},
                 {"parameters", path_parameters(person_base + route.path)}};
  if (!route.body.empty()) operation["requestBody"] = body_of(route.body);
  std::vector<int> refusals{400, 401, 403, 404, 429, 500, 503};
  if (route.method != "GET") refusals.insert(refusals.end(), {409, 413, 415, 422});
  operation["responses"] = responses_of(route.method, route.path, refusals);
  return operation;
}

Json components() {
  const Json text{{"type", "string"}};
  const Json fault{{"type", "object"}, {"properties", {{"pointer", text}, {"detail", text}}}};
  const Json problem{{"type", "object"},
                     {"required", {"type", "title", "status", "detail", "code", "request_id"}},
                     {"properties",
                      {{"type", text},
                       {"title", text},
                       {"status", {{"type", "integer"}}},
                       {"detail", text},
                       {"code", text},
                       {"hint", text},
                       {"errors", {{"type", "array"}, {"items", fault}}},
                       {"request_id", text}}}};
  auto schemas = shape_schemas();
  schemas["problem"] = problem;
  return {{"schemas", std::move(schemas)},
          {"responses",
           {{"too_long",
             {{"description", "The body is longer than is read."},
              {"content", {{"text/plain", {{"schema", {{"type", "string"}}}}}}}}},
            {"problem",
             {{"description", "It is not done; nothing was changed. RFC 9457."},
              {"content",
               {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/problem"}}}}}}}}}}},
          {"securitySchemes",
           {{"key", {{"type", "http"}, {"scheme", "bearer"}, {"description", "smscrm apikey create"}}},
            {"session",
             {{"type", "apiKey"},
              {"in", "cookie"},
              {"name", "__Host-smscrm"},
              {"description", "POST /api/v1/auth/login"}}},
            {"csrf",
             {{"type", "apiKey"},
              {"in", "header"},
              {"name", "X-CSRF-Token"},
              {"description", "Of GET /api/v1/me. Origin must be that of the console, too."}}}}}};
}

}  // namespace

std::string format_openapi() {
  Json paths = Json::object();
  for (const auto& route : api_routes())
    paths[base + route.path][to_lower(route.method)] = operation_of(route);
  for (const auto& route : person_routes())
    paths[person_base + route.path][to_lower(route.method)] = operation_of(route);
  const Json document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "smscrm"},
        {"version", "1"},
        {"description",
         "Contacts, consent, campaigns and messages of a tenant, for programs and for people who sign in. "
         "Errors are RFC 9457."}}},
      {"servers", {{{"url", "/"}}}},
      {"security", {{{"key", Json::array()}}}},
      {"paths", paths},
      {"components", components()}};
  return document.dump(1) + "\n";
}

}  // namespace smscrm
