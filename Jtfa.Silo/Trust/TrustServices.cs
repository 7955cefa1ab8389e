using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Trust;

/// <summary>Makes the keys of views known to a host.</summary>
internal static class TrustServices
{
    /// <summary>Adds <see cref="ViewKeys"/>, read when they are first asked for.</summary>
    public static IServiceCollection AddViewKeys(this IServiceCollection services)
    {
        services.AddOptions<ViewKeysOptions>();
        services.TryAddSingleton(provider => new ViewKeys(provider.GetRequiredService<IOptions<ViewKeysOptions>>().Value));
        return services;
    }
}
