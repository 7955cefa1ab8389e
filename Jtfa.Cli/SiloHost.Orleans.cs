#if ORLEANS
using Jtfa.Silo.Cluster;
using Jtfa.Silo.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Jtfa.Cli;

/// <summary>On Orleans a fusion silo has a web server too, for Orleans' dashboard.</summary>
internal static partial class SiloHost
{
    private static IHost Build(IConfiguration configuration, Action<IHostApplicationBuilder> configure)
    {
        var http = configuration.GetSection(HttpOptions.Section).Get<HttpOptions>() ?? new HttpOptions();
        var cluster = configuration.GetSection(SiloClusterOptions.Section).Get<SiloClusterOptions>() ?? new SiloClusterOptions();
        if (!http.Enabled || !cluster.Fuses) return BuildWithoutHttp(configure);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = Directory.GetCurrentDirectory() });
        configure(builder);
        builder.AddJtfaHttp(http);
        var application = builder.Build();
        application.MapJtfaHttp();
        return application;
    }
}
#endif
