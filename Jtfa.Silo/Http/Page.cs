using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Jtfa.Silo.Http;

/// <summary>
/// The live page's files, from <c>wwwroot</c> beside the program: built from <c>Jtfa.Silo/Page</c> by <c>./jtfa setup</c>.
/// </summary>
internal static class Page
{
    private const string Policy =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; " +
        "form-action 'self'";

    // Orleans' dashboard is a page of its own: its script sets styles, and draws with images in its style sheet.
    private const string DashboardPolicy =
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self' data:; " +
        "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");

    public static void UsePage(this WebApplication application)
    {
        UseDocuments(application);
        if (!File.Exists(Path.Combine(s_folder, "index.html")))
        {
            application.MapGet(
                "/",
                () => "The live page was not built: './jtfa setup' does, with Node 20. The API is there: " +
                    "/openapi/v1.json\n").ExcludeFromDescription();
            return;
        }

        var files = new PhysicalFileProvider(s_folder);
        application.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        application.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = Prepare });
    }

    // As text, since a browser would save a Markdown file.
    private static void UseDocuments(WebApplication application)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "docs");
        if (!Directory.Exists(folder)) return;
        application.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(folder),
            RequestPath = "/docs",
            ContentTypeProvider = new FileExtensionContentTypeProvider(
                new Dictionary<string, string> { [".md"] = "text/plain; charset=utf-8" }),
            OnPrepareResponse = Prepare,
        });
    }

    /// <summary>Restricts what Orleans' dashboard may load and where it may be shown.</summary>
    public static void PrepareDashboard(HttpResponse response) => Restrict(response.Headers, DashboardPolicy);

    private static void Restrict(IHeaderDictionary headers, string policy)
    {
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }

    private static void Prepare(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        Restrict(headers, Policy);

        // The names of assets have a hash of what is in them.
        headers.CacheControl = file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
    }
}
