<?php

declare(strict_types=1);

namespace Swoole\MongoDB;

use Swoole\RemoteObject;
use Swoole\RemoteObject\ProxyTrait;

/** MongoDB\Client in another process, which may block: the library's option `mongodb_remote_object_client`, or the default one. */
class Client
{
    use ProxyTrait;

    public const DEFAULT_URI = 'mongodb://127.0.0.1/';

    protected RemoteObject $client;

    public function __construct(?string $uri = self::DEFAULT_URI, array $uriOptions = [], array $driverOptions = [])
    {
        $remote = \swoole_library_get_option('mongodb_remote_object_client')
            ?? \swoole_get_default_remote_object_client();
        $this->client = $remote->create(\MongoDB\Client::class, $uri, $uriOptions, $driverOptions);
    }

    protected function getObject(): RemoteObject
    {
        return $this->client;
    }
}
