<?php

declare(strict_types=1);

namespace Swoole\FastCGI;

use Swoole\FastCGI;

/** A record: a header of eight bytes, content, and padding up to a multiple of eight. */
class Record implements \Stringable
{
    protected int $version = FastCGI::VERSION_1;

    protected int $type = FastCGI::UNKNOWN_TYPE;

    protected int $requestId = FastCGI::DEFAULT_REQUEST_ID;

    protected int $reserved = 0;

    private int $contentLength = 0;

    private int $paddingLength = 0;

    private string $contentData = '';

    private string $paddingData = '';

    /** Its bytes. */
    final public function __toString(): string
    {
        $header = \pack(
            'CCnnCC',
            $this->version,
            $this->type,
            $this->requestId,
            $this->contentLength,
            $this->paddingLength,
            $this->reserved,
        );
        return $header . $this->packPayload() . \pack("a{$this->paddingLength}", $this->paddingData);
    }

    /** The record at the start of these bytes, which have all of it. */
    final public static function unpack(string $binaryData): static
    {
        $record = (new \ReflectionClass(static::class))->newInstanceWithoutConstructor();
        if (\strlen($binaryData) < FastCGI::HEADER_LEN) {
            throw new \RuntimeException('Can not unpack data from the binary buffer');
        }
        [
            'version' => $record->version,
            'type' => $record->type,
            'requestId' => $record->requestId,
            'contentLength' => $record->contentLength,
            'paddingLength' => $record->paddingLength,
            'reserved' => $record->reserved,
        ] = \unpack(FastCGI::HEADER_FORMAT, $binaryData);
        $payload = \substr($binaryData, FastCGI::HEADER_LEN);
        self::unpackPayload($record, $payload);
        if ($record->contentLength > 0 && static::class !== self::class) {
            static::unpackPayload($record, $payload);
        }
        return $record;
    }

    /** At most 65535 bytes of it are taken. */
    public function setContentData(string $data): self
    {
        $this->contentData = \substr($data, 0, FastCGI::MAX_CONTENT_LENGTH);
        $this->contentLength = \strlen($this->contentData);
        $this->paddingLength = (8 - $this->contentLength % 8) % 8;
        return $this;
    }

    public function getContentData(): string
    {
        return $this->contentData;
    }

    public function getVersion(): int
    {
        return $this->version;
    }

    public function getType(): int
    {
        return $this->type;
    }

    public function getRequestId(): int
    {
        return $this->requestId;
    }

    public function setRequestId(int $requestId): self
    {
        $this->requestId = $requestId;
        return $this;
    }

    final public function getContentLength(): int
    {
        return $this->contentLength;
    }

    final public function getPaddingLength(): int
    {
        return $this->paddingLength;
    }

    /** Takes content and padding, which follow the header. */
    protected static function unpackPayload(self $self, string $binaryData): void
    {
        if (\strlen($binaryData) < $self->contentLength + $self->paddingLength) {
            throw new \RuntimeException('Can not unpack data from the binary buffer');
        }
        $self->contentData = \substr($binaryData, 0, $self->contentLength);
        $self->paddingData = \substr($binaryData, $self->contentLength, $self->paddingLength);
    }

    protected function packPayload(): string
    {
        return $this->contentData;
    }
}
