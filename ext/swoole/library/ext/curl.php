<?php

declare(strict_types=1);

namespace Highper\Library;

use Swoole\Curl\Handler;

// The functions of the extension curl, on Curl\Handler. The constants are that extension's.

function swoole_curl_init(string $url = ''): Handler
{
    return new Handler($url);
}

function swoole_curl_setopt(Handler $obj, int $opt, $value): bool
{
    return $obj->setOpt($opt, $value);
}

function swoole_curl_setopt_array(Handler $obj, $array): bool
{
    foreach ($array as $option => $value) {
        if ($obj->setOpt($option, $value) !== true) {
            return false;
        }
    }
    return true;
}

function swoole_curl_exec(Handler $obj)
{
    return $obj->exec();
}

function swoole_curl_getinfo(Handler $obj, int $opt = 0)
{
    $info = $obj->getInfo();
    if (!\is_array($info) || $opt === 0) {
        return $info;
    }
    $key = [
        \CURLINFO_EFFECTIVE_URL => 'url',
        \CURLINFO_HTTP_CODE => 'http_code',
        \CURLINFO_CONTENT_TYPE => 'content_type',
        \CURLINFO_REDIRECT_COUNT => 'redirect_count',
        \CURLINFO_REDIRECT_URL => 'redirect_url',
        \CURLINFO_REDIRECT_TIME => 'redirect_time',
        \CURLINFO_TOTAL_TIME => 'total_time',
        \CURLINFO_STARTTRANSFER_TIME => 'starttransfer_time',
        \CURLINFO_SIZE_DOWNLOAD => 'size_download',
        \CURLINFO_SPEED_DOWNLOAD => 'speed_download',
        \CURLINFO_HEADER_SIZE => 'header_size',
        \CURLINFO_PRIMARY_IP => 'primary_ip',
        \CURLINFO_PRIVATE => 'private',
    ][$opt] ?? null;
    return $key === null ? null : $info[$key] ?? null;
}

function swoole_curl_errno(Handler $obj): int
{
    return $obj->errno();
}

function swoole_curl_error(Handler $obj): string
{
    return $obj->error();
}

function swoole_curl_reset(Handler $obj)
{
    return $obj->reset();
}

function swoole_curl_close(Handler $obj): void
{
    $obj->close();
}

function swoole_curl_multi_getcontent(Handler $obj)
{
    return $obj->getContent();
}
