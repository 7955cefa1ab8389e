using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Jtfa.Silo;

/// <summary>Options whose faults keep a silo from starting. A misspelt key is one, not a default.</summary>
internal static class StrictOptions
{
    /// <summary>The options of a section.</summary>
    public static T Read<T>(IConfiguration configuration, string section)
        where T : class, new() => configuration.GetSection(section).Get<T>(Strict) ?? new T();

    /// <summary>Adds options that are bound and checked at start.</summary>
    public static void AddStrictOptions<T>(
        this IServiceCollection services,
        IConfiguration configuration,
        string section,
        Func<T, object> target,
        Func<T, IEnumerable<string>> faults)
        where T : class
    {
        services.AddOptions<T>().Configure(options => configuration.GetSection(section).Bind(target(options), Strict)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new Validation<T>(faults));
    }

    private static void Strict(BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;

    private sealed class Validation<T>(Func<T, IEnumerable<string>> faults) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options) =>
            faults(options).ToList() is { Count: > 0 } found ? ValidateOptionsResult.Fail(found) : ValidateOptionsResult.Success;
    }
}
