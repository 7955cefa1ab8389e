using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Runtime;

/// <summary>
/// The methods of one grain interface, made callable once. Orleans copies what crosses a grain boundary unless it is immutable;
/// here everything is shared, so only types that sharing cannot harm are let through, and code that is right here is right there.
/// </summary>
internal sealed class GrainInterface
{
    private static readonly ConcurrentDictionary<Type, GrainInterface> s_interfaces = new();
    private readonly Dictionary<MethodInfo, GrainMethod> _methods = [];

    private GrainInterface(Type type)
    {
        foreach (var declaring in type.GetInterfaces().Append(type).Where(t => t != typeof(IGrain) && typeof(IGrain).IsAssignableFrom(t)))
            foreach (var method in declaring.GetMethods().Where(m => !m.IsStatic))
                _methods[method] = GrainMethod.Create(method);
    }

    public static GrainInterface Of(Type type) => s_interfaces.GetOrAdd(type, static t => new GrainInterface(t));

    public GrainMethod Method(MethodInfo method) => _methods[method];
}

/// <summary>One method of a grain interface.</summary>
internal abstract class GrainMethod
{
    private static readonly HashSet<Type> s_safe =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(TimeSpan), typeof(Uri),
        typeof(CancellationToken), typeof(Type), typeof(Version),
    ];

    private readonly MethodInvoker _invoker;

    protected GrainMethod(MethodInfo method)
    {
        _invoker = MethodInvoker.Create(method);
        Interleaves = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        IsOneWay = method.IsDefined(typeof(OneWayAttribute));
        TokenIndex = Array.FindIndex(method.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken));
    }

    public bool Interleaves { get; }

    public bool IsReadOnly { get; }

    public bool IsOneWay { get; }

    /// <summary>Which argument is the call's cancellation token; negative when none is.</summary>
    public int TokenIndex { get; }

    public static GrainMethod Create(MethodInfo method)
    {
        var (returned, isValueTask) = method.ReturnType switch
        {
            var type when type == typeof(Task) => (typeof(object), false),
            var type when type == typeof(ValueTask) => (typeof(object), true),
            { IsGenericType: true } type when type.GetGenericTypeDefinition() == typeof(Task<>) => (type.GetGenericArguments()[0], false),
            { IsGenericType: true } type when type.GetGenericTypeDefinition() == typeof(ValueTask<>) => (type.GetGenericArguments()[0], true),
            _ => throw new NotSupportedException($"{Name(method)} returns {method.ReturnType.Name}: a grain method returns a task."),
        };
        var crossings = method.GetParameters().Where(p => !p.IsDefined(typeof(ImmutableAttribute))).Select(p => p.ParameterType);
        foreach (var crossing in method.ReturnType.IsGenericType ? crossings.Append(returned) : crossings)
        {
            if (!MayBeShared(crossing))
                throw new NotSupportedException($"{Name(method)} passes {crossing.Name}, which is not marked [Immutable]: in one process it would be shared, not copied.");
        }

        var generic = (isValueTask, returned == typeof(object)) switch
        {
            (false, _) => typeof(GrainMethodOfTask<>).MakeGenericType(returned),
            (true, true) => typeof(GrainMethodOfValueTask),
            (true, false) => typeof(GrainMethodOfValueTask<>).MakeGenericType(returned),
        };
        return (GrainMethod)Activator.CreateInstance(generic, method)!;
    }

    /// <summary>Calls it on a grain, on the grain's turn.</summary>
    public abstract Task Start(IGrainBase grain, object?[]? arguments);

    /// <summary>Sends a call and gives what the proxy returns to its caller.</summary>
    public abstract object Send(GrainReference reference, object?[]? arguments);

    protected object? Invoke(IGrainBase grain, object?[]? arguments) => _invoker.Invoke(grain, arguments.AsSpan());

    /// <summary>Whether sharing values of a type, instead of copying them, can do no harm.</summary>
    public static bool MayBeShared(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsPrimitive || type.IsEnum || s_safe.Contains(type) || type.IsDefined(typeof(ImmutableAttribute), inherit: false)) return true;
        if (typeof(IGrain).IsAssignableFrom(type)) return true;

        // A fresh array is the natural result of a query; its elements must still be safe.
        if (type.IsArray) return MayBeShared(type.GetElementType()!);
        if (!type.IsGenericType) return false;
        var definition = type.GetGenericTypeDefinition();
        return (definition == typeof(ImmutableArray<>) || definition == typeof(ImmutableDictionary<,>) || definition.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal))
            && type.GetGenericArguments().All(MayBeShared);
    }

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";
}

internal sealed class GrainMethodOfTask<TResult>(MethodInfo method) : GrainMethod(method)
{
    public override Task Start(IGrainBase grain, object?[]? arguments) => (Task)Invoke(grain, arguments)!;

    public override object Send(GrainReference reference, object?[]? arguments) => new GrainCall<TResult>(this, arguments).SendThrough(reference);
}

internal sealed class GrainMethodOfValueTask(MethodInfo method) : GrainMethod(method)
{
    public override Task Start(IGrainBase grain, object?[]? arguments) => ((ValueTask)Invoke(grain, arguments)!).AsTask();

    public override object Send(GrainReference reference, object?[]? arguments) => new ValueTask(new GrainCall<object>(this, arguments).SendThrough(reference));
}

internal sealed class GrainMethodOfValueTask<TResult>(MethodInfo method) : GrainMethod(method)
{
    public override Task Start(IGrainBase grain, object?[]? arguments) => ((ValueTask<TResult>)Invoke(grain, arguments)!).AsTask();

    public override object Send(GrainReference reference, object?[]? arguments) => new ValueTask<TResult>(new GrainCall<TResult>(this, arguments).SendThrough(reference));
}
