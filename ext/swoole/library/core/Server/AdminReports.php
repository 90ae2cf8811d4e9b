<?php

declare(strict_types=1);

namespace Highper\Library;

use Composer\InstalledVersions;
use Swoole\Server;

/** What the admin server tells of PHP: classes, functions, extensions, variables. */
final class AdminReports
{
    private const BAD_REQUEST = 4003;
    private const NOT_FOUND = 4004;

    /** @param \Closure $json makes the text of an answer, of its data and a code */
    public function __construct(private readonly \Closure $json)
    {
    }

    /** @return array<string, \Closure> */
    public function commands(): array
    {
        $plain = [
            'gc_status' => \gc_status(...),
            'getpid' => static fn () => ['pid' => \getmypid()],
            'memory_usage' => static fn () => ['usage' => \memory_get_usage(), 'real_usage' => \memory_get_usage(true)],
            'get_included_files' => static fn () => ['files' => \get_included_files()],
            'get_declared_interfaces' => \get_declared_interfaces(...),
            'get_declared_traits' => \get_declared_traits(...),
            'get_defined_constants' => static fn () => self::plainConstants(\get_defined_constants()),
            'get_loaded_extensions' => self::extensions(...),
            'get_globals' => self::globals(...),
        ];
        if (\extension_loaded('Zend OPcache')) {
            $plain['opcache_status'] = static fn () => \opcache_get_status(true);
        }
        return \array_map(
            fn (\Closure $report) => fn (Server $server, string $msg): string => $this->json($report()),
            $plain,
        ) + \array_map(
            fn (\Closure $report) => fn (Server $server, string $msg): string => $report((array) \json_decode($msg, true)),
            [
                'get_included_file_contents' => $this->fileContents(...),
                'get_extension_info' => $this->extensionInfo(...),
                'get_composer_packages' => $this->packages(...),
            ],
        );
    }

    public function classInfo(array $data): string
    {
        $name = ($data['class_name'] ?? '') ?: ($data['interface_name'] ?? '');
        if ($name === '') {
            return $this->json(['error' => 'require class_name or interface_name'], self::NOT_FOUND);
        }
        if (!\class_exists($name, false) && !\interface_exists($name, false)) {
            return $this->json("{$name} not exists", self::BAD_REQUEST);
        }
        $class = new \ReflectionClass($name);
        $constants = [];
        foreach ($class->getConstants() as $constant => $value) {
            $constants[] = [
                'name' => $constant,
                'value' => \is_array($value) ? \var_export($value, true) : $value,
                'type' => \is_array($value) ? 'detail' : 'default',
            ];
        }
        $properties = $methods = [[], []];
        $defaults = $class->getDefaultProperties();
        foreach ($class->getProperties() as $property) {
            $properties[(int) $property->isStatic()][] = [
                'name' => $property->getName(),
                'value' => $defaults[$property->getName()] ?? null,
                'modifiers' => self::modifiers($property),
            ];
        }
        foreach ($class->getMethods() as $method) {
            $methods[(int) $method->isStatic()][] = [
                'name' => $method->getName(),
                'line' => $method->getStartLine() ?: '',
                'modifiers' => self::modifiers($method),
            ];
        }
        return $this->json([
            'filename' => $class->getFileName(),
            'constants' => $constants,
            'staticProperties' => $properties[1],
            'properties' => $properties[0],
            'staticMethods' => $methods[1],
            'methods' => $methods[0],
            'parentClass' => $class->getParentClass() ? $class->getParentClass()->getName() : '',
            'interface' => $class->getInterfaceNames(),
        ]);
    }

    public function functionInfo(array $data): string
    {
        $class = $data['class_name'] ?? '';
        $name = $data['function_name'] ?? '';
        if ($name === '') {
            return $this->json('require function_name', self::NOT_FOUND);
        }
        if ($class !== '') {
            if (!\class_exists($class) && !\interface_exists($class)) {
                return $this->json("{$class} not exists", self::NOT_FOUND);
            }
            if (!\method_exists($class, $name)) {
                return $this->json("{$class}->{$name} not exists", self::NOT_FOUND);
            }
            $function = new \ReflectionMethod($class, $name);
        } elseif (\function_exists($name)) {
            $function = new \ReflectionFunction($name);
        } else {
            return $this->json("{$name} not exists", self::NOT_FOUND);
        }
        return $this->json([
            'filename' => $function->getFileName(),
            'line' => $function->getStartLine() ?: '',
            'num' => $function->getNumberOfParameters(),
            'user_defined' => $function->isUserDefined(),
            'extension' => $function->getExtensionName(),
            'is_static' => $function instanceof \ReflectionMethod && $function->isStatic(),
            'params' => \array_map(self::parameter(...), $function->getParameters()),
        ]);
    }

    private static function parameter(\ReflectionParameter $parameter): array
    {
        $optional = $parameter->isOptional() && !$parameter->isVariadic() ? '?' : '';
        $default = '';
        if ($optional !== '' && $parameter->isDefaultValueAvailable()) {
            $value = $parameter->getDefaultValue();
            $default = ' = ' . (\is_array($value) ? '[]' : \strtolower(\var_export($value, true)));
            $default = \is_string($value) && $value !== '' ? " = {$value}" : $default;
        }
        $type = \ltrim((string) $parameter->getType(), '?');
        $reference = $parameter->isPassedByReference() ? '&' : '';
        $variadic = $parameter->isVariadic() ? '...' : '';
        $before = "{$optional}{$type} {$reference}{$variadic}";
        return [
            'optional' => $optional,
            'type' => $type,
            'is_passed_by_reference' => $reference,
            'is_variadic' => $variadic,
            'name' => $parameter->getName(),
            'default' => $default,
            'full' => ($before === ' ' ? '' : $before) . "\${$parameter->getName()}{$default}",
        ];
    }

    private function fileContents(array $data): string
    {
        $file = $data['filename'] ?? '';
        return match (true) {
            $file === '' => $this->json('require filename', self::BAD_REQUEST),
            !\file_exists($file) => $this->json("{$file} not exist", self::NOT_FOUND),
            // Only the program's own code.
            !\in_array($file, \get_included_files(), true) => $this->json('no permission', self::BAD_REQUEST),
            default => $this->json(\file_get_contents($file)),
        };
    }

    private function extensionInfo(array $data): string
    {
        $name = $data['extension_name'] ?? '';
        if ($name === '' || !\extension_loaded($name)) {
            return $this->json('require extension_name', self::NOT_FOUND);
        }
        $extension = new \ReflectionExtension($name);
        \ob_start();
        $extension->info();
        return $this->json([
            'classes' => $extension->getClassNames(),
            'version' => $extension->getVersion(),
            'constants' => self::plainConstants($extension->getConstants()),
            'ini_entries' => $extension->getINIEntries(),
            'dependencies' => $extension->getDependencies(),
            'functions' => \array_keys($extension->getFunctions()),
            'info' => \trim((string) \ob_get_clean()),
        ]);
    }

    private function packages(array $data): string
    {
        if (!\class_exists(InstalledVersions::class)) {
            return $this->json('require composer 2.0', self::BAD_REQUEST);
        }
        $list = [];
        foreach (InstalledVersions::getAllRawData() as $number => $packages) {
            $name = $packages['root']['name'];
            if (isset($list[$name])) {
                $name .= $number;
            }
            $path = $packages['root']['install_path'] ?? '';
            $packages['root']['install_path'] = $path === '' ? '' : \realpath($path);
            $list[$name] = $packages;
        }
        return $this->json($list);
    }

    private static function extensions(): array
    {
        $list = [];
        foreach (\get_loaded_extensions() as $number => $name) {
            $version = (string) (new \ReflectionExtension($name))->getVersion();
            $list[] = ['id' => $number + 1, 'name' => $name, 'version' => $version];
        }
        return $list;
    }

    private static function globals(): array
    {
        $list = [];
        foreach ($GLOBALS as $name => $value) {
            $list[] = [
                'key' => $name,
                'value' => \is_resource($value) ? '' : $value,
                'type' => \gettype($value),
                'other' => \is_object($value) ? [
                    'class_name' => $value::class,
                    'object_id' => \spl_object_id($value),
                    'object_hash' => \spl_object_hash($value),
                ] : [],
            ];
        }
        return $list;
    }

    /** Without those that JSON cannot say. */
    private static function plainConstants(array $constants): array
    {
        unset($constants['NULL'], $constants['NAN'], $constants['INF']);
        return \array_filter($constants, static fn (mixed $value) => !\is_resource($value));
    }

    private static function modifiers(\ReflectionProperty|\ReflectionMethod $member): string
    {
        return \implode(' ', \Reflection::getModifierNames($member->getModifiers()));
    }

    private function json(mixed $data, int $code = 0): string
    {
        return ($this->json)($data, $code);
    }
}
