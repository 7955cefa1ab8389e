using Jtfa.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Jtfa.Client;

/// <summary>Makes an Orleans client one that a JTFA cluster answers.</summary>
public static class ClientSecretExtensions
{
    /// <summary>
    /// Has both ends of each connection prove that they know the cluster's client secret. <c>jtfa doctor</c> shows it on a silo's machine.
    /// </summary>
    /// <exception cref="ArgumentException">It is not 64 hexadecimal digits.</exception>
    public static IClientBuilder UseJtfaClientSecret(this IClientBuilder client, string clientSecret)
    {
        ArgumentNullException.ThrowIfNull(client);
        var key = ConnectionKey.OfClients(clientSecret);
        client.Services.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(
            builder => builder.Use(next => async connection =>
            {
                await key.ConnectAsync(connection.Transport, $"{connection.RemoteEndPoint}", connection.ConnectionClosed);
                await next(connection);
            })));
        return client;
    }
}
