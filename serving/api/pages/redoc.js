/** Redoc over the OpenAPI document of this service. */

window.Redoc.init("openapi.json", {}, document.getElementById("interface"));
