/** Swagger UI over the OpenAPI document of this service. */

window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#interface",
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
  validatorUrl: null, // another host would be asked to read the document
});
