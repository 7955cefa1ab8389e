#if ORLEANS
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Dashboard;

namespace Jtfa.Silo.Http;

/// <summary>What a silo serves over HTTP: Orleans' dashboard at <c>/orleans</c>.</summary>
public static class HttpServer
{
    /// <summary>Where the dashboard is.</summary>
    public const string DashboardPath = "/orleans";

    /// <summary>Adds the server.</summary>
    public static void AddJtfaHttp(this WebApplicationBuilder builder, HttpOptions options)
    {
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Parse(options.Address), options.Port));
        builder.Services.AddRouting();
    }

    /// <summary>Maps what is served.</summary>
    public static void MapJtfaHttp(this WebApplication application)
    {
        application.UseRouting();
        application.MapOrleansDashboard(DashboardPath);
    }
}
#endif
