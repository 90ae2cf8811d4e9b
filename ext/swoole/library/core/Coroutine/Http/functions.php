<?php

declare(strict_types=1);

namespace Highper\Library\Swoole\Coroutine\Http;

use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\Http\Client\Exception;
use Swoole\Coroutine\Http\ClientProxy;

function get(
    string $url,
    ?array $options = null,
    ?array $headers = null,
    ?array $cookies = null,
): ClientProxy {
    return request($url, 'GET', null, $options, $headers, $cookies);
}

function post(
    string $url,
    mixed $data,
    ?array $options = null,
    ?array $headers = null,
    ?array $cookies = null,
): ClientProxy {
    return request($url, 'POST', $data, $options, $headers, $cookies);
}

/** By the client that the option `http_client_driver` of the library names: swoole, curl or stream. */
function request(
    string $url,
    string $method,
    mixed $data = null,
    ?array $options = null,
    ?array $headers = null,
    ?array $cookies = null,
): ClientProxy {
    $driver = match (\swoole_library_get_option('http_client_driver')) {
        'curl' => request_with_curl(...),
        'stream' => request_with_stream(...),
        default => request_with_http_client(...),
    };
    return $driver($url, $method, $data, $options, $headers, $cookies);
}

function request_with_http_client(
    string $url,
    string $method,
    mixed $data = null,
    ?array $options = null,
    ?array $headers = null,
    ?array $cookies = null,
): ClientProxy {
    $parts = \parse_url($url) ?: [];
    $scheme = $parts['scheme'] ?? throw new Exception('The URL given is illegal [no scheme]');
    if ($scheme !== 'http' && $scheme !== 'https') {
        throw new Exception("unknown scheme \"{$scheme}\"");
    }
    $host = $parts['host'] ?? throw new Exception('The URL given is illegal [no host]');
    $ssl = $scheme === 'https';
    $client = new Client($host, $parts['port'] ?? ($ssl ? 443 : 80), $ssl);
    $client->setMethod($method);
    if ($data) {
        $client->setData($data);
    }
    $client->set($options ?? []);
    $client->setHeaders($headers ?? []);
    $client->setCookies($cookies ?? []);
    $path = ($parts['path'] ?? '/') . (isset($parts['query']) ? "?{$parts['query']}" : '');
    if (!$client->execute($path)) {
        throw new Exception($client->errMsg, $client->errCode);
    }
    return new ClientProxy(
        $client->getBody(),
        $client->getStatusCode(),
        $client->getHeaders() ?: [],
        $client->getCookies() ?: [],
    );
}

function request_with_curl(
    string $url,
    string $method,
    mixed $data = null,
    ?array $options = null,
    ?array $headers = null,
    ?array $cookies = null,
): ClientProxy {
    $curl = \curl_init($url) ?: throw new Exception('failed to curl_init');
    $came = $set = [];
    $settings = [
        \CURLOPT_RETURNTRANSFER => true,
        \CURLOPT_CUSTOMREQUEST => \strtoupper($method),
        \CURLOPT_HEADERFUNCTION => static function ($curl, string $line) use (&$came, &$set): int {
            [$name, $value] = \explode(':', $line, 2) + [1 => null];
            $name = \strtolower(\trim($name));
            if ($name === 'set-cookie') {
                // Up to the attributes, as Coroutine\Http\Client has them.
                [$key, $content] = \explode('=', \explode(';', $value)[0], 2) + [1 => ''];
                $set[\trim($key)] = \trim($content);
            } elseif ($value !== null) {
                $came[$name][] = \trim($value);
            }
            return \strlen($line);
        },
    ];
    if ($data) {
        $settings[\CURLOPT_POSTFIELDS] = $data;
    }
    if ($headers) {
        // Lines, or values by their names.
        $settings[\CURLOPT_HTTPHEADER] = \array_map(
            static fn ($name, $value) => \is_int($name) ? $value : "{$name}: {$value}",
            \array_keys($headers),
            $headers,
        );
    }
    if ($cookies) {
        $settings[\CURLOPT_COOKIE] = cookies($cookies);
    }
    foreach (['timeout' => [\CURLOPT_TIMEOUT_MS, \CURLOPT_CONNECTTIMEOUT_MS], 'connect_timeout' => [\CURLOPT_CONNECTTIMEOUT_MS]] as $name => $numbers) {
        if (isset($options[$name])) {
            foreach ($numbers as $number) {
                $settings[$number] = (int) ($options[$name] * 1000);
            }
        }
    }
    \curl_setopt_array($curl, $settings);
    $body = \curl_exec($curl);
    if ($body === false) {
        throw new Exception(\curl_error($curl), \curl_errno($curl));
    }
    return new ClientProxy($body, \curl_getinfo($curl, \CURLINFO_RESPONSE_CODE), $came, $set);
}

function request_with_stream(
    string $url,
    string $method,
    mixed $data = null,
    ?array $options = null,
    ?array $headers = null,
    ?array $cookies = null,
): ClientProxy {
    $lines = [];
    foreach ($headers ?? [] as $name => $value) {
        $lines[] = "{$name}: {$value}";
    }
    if ($cookies) {
        $lines[] = 'Cookie: ' . cookies($cookies);
    }
    $settings = ['method' => $method];
    if (isset($options['timeout'])) {
        $settings['timeout'] = (float) $options['timeout'];
    }
    if (\is_array($data)) {
        $lines[] = 'Content-Type: application/x-www-form-urlencoded';
        $settings['content'] = \http_build_query($data);
    } elseif ($data) {
        $settings['content'] = (string) $data;
    }
    $settings['header'] = \implode("\r\n", $lines);
    \error_clear_last();
    $body = @\file_get_contents($url, false, \stream_context_create(['http' => $settings]));
    if (!$body) {
        throw new Exception(\error_get_last()['message'] ?? 'the answer is empty');
    }
    return new ClientProxy($body, 200, [], []);
}

/** A header's value. */
function cookies(array $cookies): string
{
    $pairs = [];
    foreach ($cookies as $name => $value) {
        $pairs[] = "{$name}={$value}";
    }
    return \implode('; ', $pairs);
}
