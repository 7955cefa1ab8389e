using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;

namespace Orleans.Runtime;

/// <summary>One grain class: how it is constructed and how its requests may interleave.</summary>
internal sealed class GrainClass
{
    private readonly ConstructorInvoker _constructor;
    private readonly Func<Activation, object>[] _arguments;

    public GrainClass(Type type)
    {
        Type = type;
        GrainType = TypeName(type);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        var constructors = type.GetConstructors();
        if (constructors.Length != 1) throw new NotSupportedException($"Grain class {type.Name} must have exactly one public constructor.");
        _constructor = ConstructorInvoker.Create(constructors[0]);
        _arguments = [.. constructors[0].GetParameters().Select(Argument)];
    }

    public Type Type { get; }

    public string GrainType { get; }

    public bool IsReentrant { get; }

    public IGrainBase Create(Activation activation)
    {
        var arguments = new object?[_arguments.Length];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = _arguments[i](activation);
        return (IGrainBase)_constructor.Invoke(arguments.AsSpan());
    }

    private static string TypeName(Type type)
    {
        var name = type.Name;
        if (name.EndsWith("Grain", StringComparison.Ordinal) && name.Length > 5) name = name[..^5];
        return name.ToLowerInvariant();
    }

    private static Func<Activation, object> Argument(ParameterInfo parameter)
    {
        if (parameter.GetCustomAttribute<PersistentStateAttribute>() is { } attribute)
        {
            var state = typeof(PersistentState<>).MakeGenericType(parameter.ParameterType.GetGenericArguments()[0]);
            return activation => Activator.CreateInstance(state, activation, attribute)!;
        }

        if (parameter.ParameterType == typeof(IGrainContext)) return static activation => activation;
        var service = parameter.ParameterType;
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
            return activation => activation.ActivationServices.GetRequiredKeyedService(service, keyed.Key!);
        return activation => activation.ActivationServices.GetRequiredService(service);
    }
}
