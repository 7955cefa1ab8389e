using Jtfa.Grains;
using Jtfa.Silo.Cluster;
using Microsoft.Extensions.DependencyInjection;

namespace Jtfa.Silo.Notifications;

/// <summary>Gives a silo what tells decisions outside, as far as that is configured.</summary>
internal static class NotificationServices
{
    /// <summary>
    /// Call it before the grains' host is added: services stop in reverse order, and scenes decide until they are stopped.
    /// </summary>
    public static void AddNotifications(this IServiceCollection services, SiloSettings settings)
    {
        if (settings.Mqtt.Server is not null)
        {
            // Two silos of a machine are told apart by their ports. One that is alone has none.
            var cluster = settings.Cluster;
            var suffix = cluster.Provider == ClusterProvider.Localhost ? "" : FormattableString.Invariant($"-{cluster.SiloPort}");
            services.AddNotifier(provider => ActivatorUtilities.CreateInstance<MqttNotifier>(
                provider, settings.Mqtt, settings.Mqtt.ClientId ?? $"jtfa-{Environment.MachineName}{suffix}"));
        }

        if (settings.Webhook.Url is not null)
            services.AddNotifier(provider => ActivatorUtilities.CreateInstance<WebhookNotifier>(provider, settings.Webhook));
    }

    private static void AddNotifier<T>(this IServiceCollection services, Func<IServiceProvider, T> make)
        where T : Notifier
    {
        services.AddSingleton(make);
        services.AddSingleton<IDecisionListener>(provider => provider.GetRequiredService<T>());
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
