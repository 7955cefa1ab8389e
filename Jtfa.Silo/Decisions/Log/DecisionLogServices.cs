using Jtfa.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo.Decisions;

/// <summary>Gives a host its decision log.</summary>
public static class DecisionLogServices
{
    /// <summary>
    /// Adds <see cref="IDecisionLog"/> with options from configuration section <see cref="DecisionLogOptions.Section"/>, started and
    /// stopped with the host, and <see cref="DecisionReader"/>. Call it before the grains' host is added: services stop in reverse
    /// order, and the log must outlive those who write to it.
    /// </summary>
    public static IServiceCollection AddJtfaDecisionLog(this IServiceCollection services)
    {
        services.AddOptions<DecisionLogOptions>().BindConfiguration(DecisionLogOptions.Section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DecisionLogOptions>, DecisionLogOptionsValidation>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AdoNetDecisionLog>();
        services.TryAddSingleton<IDecisionLog>(provider => provider.GetRequiredService<AdoNetDecisionLog>());
        services.TryAddSingleton(provider => new DecisionReader(
            provider.GetRequiredService<IOptions<DecisionLogOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<AdoNetDecisionLog>());
        return services;
    }
}
