<?php

declare(strict_types=1);

namespace Swoole\FastCGI\Record;

use Swoole\FastCGI;
use Swoole\FastCGI\Record;

/** The end of a request: how the application and the protocol fared. */
class EndRequest extends Record
{
    /** The exit status of the application. */
    protected int $appStatus = 0;

    protected int $protocolStatus = FastCGI::REQUEST_COMPLETE;

    protected string $reserved1;

    public function __construct(
        int $protocolStatus = FastCGI::REQUEST_COMPLETE,
        int $appStatus = 0,
        string $reserved = '',
    ) {
        $this->type = FastCGI::END_REQUEST;
        $this->protocolStatus = $protocolStatus;
        $this->appStatus = $appStatus;
        $this->reserved1 = $reserved;
        $this->setContentData($this->packPayload());
    }

    public function getAppStatus(): int
    {
        return $this->appStatus;
    }

    public function getProtocolStatus(): int
    {
        return $this->protocolStatus;
    }

    protected static function unpackPayload(Record $self, string $binaryData): void
    {
        if ($self->getContentLength() < 8) {
            throw new \RuntimeException('Can not unpack data from the binary buffer');
        }
        ['app' => $self->appStatus, 'protocol' => $self->protocolStatus, 'reserved' => $self->reserved1]
            = \unpack('Napp/Cprotocol/a3reserved', $binaryData);
    }

    protected function packPayload(): string
    {
        return \pack('NCa3', $this->appStatus, $this->protocolStatus, $this->reserved1);
    }
}
