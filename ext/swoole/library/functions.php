<?php

declare(strict_types=1);

namespace Highper\Library;

use Swoole\ArrayObject;
use Swoole\Coroutine\System;
use Swoole\MultibyteStringObject;
use Swoole\StringObject;
use Swoole\Table;

function swoole_library_set_options(array $options): void
{
    \SwooleLibrary::$options = $options;
}

function swoole_library_get_options(): array
{
    return \SwooleLibrary::$options;
}

function swoole_library_set_option(string $key, mixed $value): void
{
    \SwooleLibrary::$options[$key] = $value;
}

function swoole_library_get_option(string $key): mixed
{
    return \SwooleLibrary::$options[$key] ?? null;
}

function swoole_string(string $string = ''): StringObject
{
    return new StringObject($string);
}

function swoole_mbstring(string $string = ''): MultibyteStringObject
{
    return new MultibyteStringObject($string);
}

function swoole_array(array $array = []): ArrayObject
{
    return new ArrayObject($array);
}

function swoole_array_list(...$arrray): ArrayObject
{
    return new ArrayObject($arrray);
}

function swoole_array_default_value(array $array, $key, $default_value = null)
{
    return \array_key_exists($key, $array) ? $array[$key] : $default_value;
}

/** `name:string:32, age:int, score:float` becomes a table with these columns. */
function swoole_table(int $size, string $fields): Table
{
    $table = new Table($size, 0.25);
    foreach (\explode(',', \trim($fields)) as $field) {
        $parts = \array_map('trim', \explode(':', \trim($field)));
        // A field without a type is told of by the array object, as an unknown key.
        $type = (string) (new ArrayObject($parts))->get(1);
        if ($type === 'i' || $type === 'int') {
            $table->column($parts[0], Table::TYPE_INT);
        } elseif ($type === 'f' || $type === 'float') {
            $table->column($parts[0], Table::TYPE_FLOAT);
        } elseif ($type === 's' || $type === 'string') {
            if (!isset($parts[2])) {
                throw new \RuntimeException('need to give string length');
            }
            $length = (int) $parts[2];
            if ($length <= 0) {
                throw new \RuntimeException("invalid string length[{$length}]");
            }
            $table->column($parts[0], Table::TYPE_STRING, $length);
        } else {
            throw new \RuntimeException("unknown field type[{$type}]");
        }
    }
    return $table->create() ? $table : throw new \RuntimeException('failed to create table');
}

function swoole_is_in_container(): bool
{
    $mounts = (string) @\file_get_contents('/proc/self/mountinfo');
    return \str_contains($mounts, 'kubepods') || \str_contains($mounts, 'docker');
}

/** Processors that the container may use; those of the machine outside of one, and where it is not limited. */
function swoole_container_cpu_num(): int
{
    $given = (int) \getenv('SWOOLE_CPU_NUM');
    if ($given > 0) {
        return $given;
    }
    if (!\swoole_is_in_container()) {
        return \swoole_cpu_num();
    }
    if (\is_readable('/sys/fs/cgroup/cpu.max')) {
        $fields = \explode(' ', \trim((string) \file_get_contents('/sys/fs/cgroup/cpu.max')));
        $quota = (float) $fields[0]; // "max" is 0: no limit
        $period = (float) ($fields[1] ?? 100000);
    } else {
        $folder = '/sys/fs/cgroup/cpu,cpuacct';
        $quota = (float) @\file_get_contents("{$folder}/cpu.cfs_quota_us");
        $period = (float) @\file_get_contents("{$folder}/cpu.cfs_period_us");
    }
    $number = $period > 0 ? (int) \floor($quota / $period) : 0;
    return $number < 1 ? \swoole_cpu_num() : $number;
}

function swoole_exec(string $command, &$output = null, &$returnVar = null)
{
    $result = System::exec($command);
    if (!$result) {
        return false;
    }
    $lines = \array_map('rtrim', \explode(\PHP_EOL, $result['output']));
    if (\end($lines) === '') {
        \array_pop($lines);
    }
    $output = $output ? \array_merge($output, $lines) : $lines;
    $returnVar = $result['code'];
    return \end($lines);
}

function swoole_shell_exec(string $cmd)
{
    $result = System::exec($cmd);
    return $result && $result['output'] !== '' ? $result['output'] : null;
}
