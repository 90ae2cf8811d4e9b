<?php

declare(strict_types=1);

namespace Highper\Library;

use Swoole\Coroutine\System;

// What can only block is done by the default remote object server.

function swoole_gethostbynamel(string $domain)
{
    return System::getaddrinfo($domain);
}

function swoole_gethostbyaddr(string $ip): string
{
    return \swoole_get_default_remote_object_client()->call('gethostbyaddr', $ip);
}

function swoole_mail(string $to, string $subject, string $message, array $headers = []): bool
{
    return \swoole_get_default_remote_object_client()->call('mail', $to, $subject, $message, $headers);
}

function swoole_checkdnsrr(string $hostname, string $type = 'MX'): bool
{
    return \swoole_get_default_remote_object_client()->call('checkdnsrr', $hostname, $type);
}

function swoole_dns_check_record(string $hostname, string $type = 'MX'): bool
{
    return \swoole_checkdnsrr($hostname, $type);
}

function swoole_getmxrr(string $hostname, array &$hosts, ?array &$weights = null): bool
{
    $found = \swoole_get_default_remote_object_client()->call('swoole_real_getmxrr', $hostname, $hosts, $weights);
    $hosts = $found['host'];
    $weights = $found['weight'];
    return $found['result'];
}

function swoole_dns_get_mx(string $hostname, array &$hosts, ?array &$weights = null): bool
{
    return \swoole_getmxrr($hostname, $hosts, $weights);
}

function swoole_dns_get_record(
    string $hostname,
    int $type = \DNS_ANY,
    ?array &$authoritative_name_servers = null,
    ?array &$additional_records = null,
    bool $raw = false,
): array|false {
    $found = \swoole_get_default_remote_object_client()->call(
        'swoole_real_dns_get_record',
        $hostname,
        $type,
        $authoritative_name_servers,
        $additional_records,
        $raw,
    );
    $authoritative_name_servers = $found['authoritative_name_servers'];
    $additional_records = $found['additional_records'];
    return $found['result'];
}

/** getmxrr() with everything in what it returns. */
function swoole_real_getmxrr(string $hostname, ?array $hosts = null, ?array $weights = null): array
{
    $result = \getmxrr($hostname, $hosts, $weights);
    return ['result' => $result, 'host' => $hosts, 'weight' => $weights];
}

/** dns_get_record() with everything in what it returns. */
function swoole_real_dns_get_record(
    string $hostname,
    int $type,
    ?array $authoritative_name_servers = null,
    ?array $additional_records = null,
    bool $raw = false,
): array {
    $result = \dns_get_record($hostname, $type, $authoritative_name_servers, $additional_records, $raw);
    return [
        'result' => $result,
        'authoritative_name_servers' => $authoritative_name_servers,
        'additional_records' => $additional_records,
    ];
}
